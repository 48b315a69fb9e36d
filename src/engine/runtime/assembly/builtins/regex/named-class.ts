import { classAdd } from "./char-class";

// Unicode categories by their letters, and POSIX classes. Beyond Latin, Greek,
// Cyrillic and the common scripts the ranges are those of the blocks' letters.

function is(ptr: usize, length: u32, name: string): bool {
  if (<i32>length != name.length) return false;
  for (let i: u32 = 0; i < length; i++) {
    if (<i32>load<u8>(ptr + i) != name.charCodeAt(i)) return false;
  }
  return true;
}

function upperLetters(): void {
  classAdd(65, 90);
  classAdd(0xc0, 0xd6);
  classAdd(0xd8, 0xde);
  for (let r: u32 = 0x100; r <= 0x136; r += 2) classAdd(r, r);
  for (let r: u32 = 0x139; r <= 0x147; r += 2) classAdd(r, r);
  for (let r: u32 = 0x14a; r <= 0x176; r += 2) classAdd(r, r);
  classAdd(0x391, 0x3a1);
  classAdd(0x3a3, 0x3ab);
  classAdd(0x400, 0x42f);
}

function lowerLetters(): void {
  classAdd(97, 122);
  classAdd(0xb5, 0xb5);
  classAdd(0xdf, 0xf6);
  classAdd(0xf8, 0xff);
  for (let r: u32 = 0x101; r <= 0x137; r += 2) classAdd(r, r);
  for (let r: u32 = 0x13a; r <= 0x148; r += 2) classAdd(r, r);
  for (let r: u32 = 0x14b; r <= 0x177; r += 2) classAdd(r, r);
  classAdd(0x3ac, 0x3ce);
  classAdd(0x430, 0x45f);
}

function letters(): void {
  classAdd(65, 90);
  classAdd(97, 122);
  classAdd(0xaa, 0xaa);
  classAdd(0xb5, 0xb5);
  classAdd(0xba, 0xba);
  classAdd(0xc0, 0xd6);
  classAdd(0xd8, 0xf6);
  classAdd(0xf8, 0x2c1);
  classAdd(0x370, 0x373);
  classAdd(0x376, 0x377);
  classAdd(0x37b, 0x37d);
  classAdd(0x386, 0x386);
  classAdd(0x388, 0x481);
  classAdd(0x48a, 0x556);
  classAdd(0x561, 0x587);
  classAdd(0x5d0, 0x5ea);
  classAdd(0x620, 0x64a);
  classAdd(0x904, 0x939);
  classAdd(0xe01, 0xe30);
  classAdd(0x10a0, 0x10fa);
  classAdd(0x1100, 0x1248);
  classAdd(0x1e00, 0x1fbc);
  classAdd(0x3041, 0x3096);
  classAdd(0x30a1, 0x30fa);
  classAdd(0x3400, 0x4dbf);
  classAdd(0x4e00, 0x9fff);
  classAdd(0xac00, 0xd7a3);
  classAdd(0x20000, 0x2a6df);
}

/** Adds the class's ranges; false for an unknown name. */
export function addNamedClass(ptr: usize, length: u32): bool {
  if (is(ptr, length, "L")) letters();
  else if (is(ptr, length, "Lu")) upperLetters();
  else if (is(ptr, length, "Ll")) lowerLetters();
  else if (is(ptr, length, "N") || is(ptr, length, "Nd") || is(ptr, length, "[:digit:]")) classAdd(48, 57);
  else if (is(ptr, length, "Latin")) {
    classAdd(65, 90);
    classAdd(97, 122);
    classAdd(0xc0, 0xd6);
    classAdd(0xd8, 0xf6);
    classAdd(0xf8, 0x2b8);
    classAdd(0x1e00, 0x1eff);
  } else if (is(ptr, length, "Greek")) classAdd(0x370, 0x3ff);
  else if (is(ptr, length, "Cyrillic")) classAdd(0x400, 0x52f);
  else if (is(ptr, length, "Han")) classAdd(0x4e00, 0x9fff);
  else if (is(ptr, length, "Z") || is(ptr, length, "Zs")) {
    classAdd(32, 32);
    classAdd(0xa0, 0xa0);
    classAdd(0x2000, 0x200a);
    classAdd(0x3000, 0x3000);
  } else if (is(ptr, length, "P")) {
    punctuation();
  } else if (is(ptr, length, "[:alpha:]")) ascii(65, 90, 97, 122);
  else if (is(ptr, length, "[:upper:]")) classAdd(65, 90);
  else if (is(ptr, length, "[:lower:]")) classAdd(97, 122);
  else if (is(ptr, length, "[:alnum:]")) {
    classAdd(48, 57);
    ascii(65, 90, 97, 122);
  } else if (is(ptr, length, "[:word:]")) {
    classAdd(48, 57);
    classAdd(95, 95);
    ascii(65, 90, 97, 122);
  } else if (is(ptr, length, "[:space:]")) ascii(9, 13, 32, 32);
  else if (is(ptr, length, "[:blank:]")) ascii(9, 9, 32, 32);
  else if (is(ptr, length, "[:punct:]")) {
    ascii(33, 47, 58, 64);
    ascii(91, 96, 123, 126);
  } else if (is(ptr, length, "[:xdigit:]")) {
    classAdd(48, 57);
    ascii(65, 70, 97, 102);
  } else if (is(ptr, length, "[:cntrl:]")) ascii(0, 31, 127, 127);
  else if (is(ptr, length, "[:print:]")) classAdd(32, 126);
  else if (is(ptr, length, "[:graph:]")) classAdd(33, 126);
  else if (is(ptr, length, "[:ascii:]")) classAdd(0, 127);
  else return false;
  return true;
}

function ascii(a: u32, b: u32, c: u32, d: u32): void {
  classAdd(a, b);
  classAdd(c, d);
}

function punctuation(): void {
  ascii(33, 35, 37, 42);
  ascii(44, 47, 58, 59);
  ascii(63, 64, 91, 93);
  ascii(95, 95, 123, 123);
  ascii(125, 125, 161, 161);
  ascii(167, 167, 171, 171);
  ascii(182, 183, 187, 187);
  ascii(191, 191, 0x2010, 0x2027);
}
