import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type BundleFile, checkSize, readArchive } from "./archive.ts";
import { type BundleContent, toBundleContent } from "./bundle-content.ts";
import { fault, named } from "./fault.ts";
import { type Verification, verifyBundle } from "./signature.ts";

/** A snapshot bundle of OPA, read and checked, and what it was read from. */
export type Bundle = BundleContent & BundleFiles;

export type BundleOptions = {
  /** True of files and folders, by their path in the bundle, to leave out. */
  readonly isIgnored?: (path: string) => boolean;
  /** A delta bundle is read too; without it, it is refused. */
  readonly takesDelta?: boolean;
  /** Its data is not read: it may be broken, or be where it must not. */
  readonly skipsData?: boolean;
  /** Links in a folder are files; without it they are passed over. */
  readonly followLinks?: boolean;
  /** Without it a signature is not looked at. */
  readonly verification?: Verification | undefined;
};

/** The files of a bundle, and its signatures, which are no file of it. */
export type BundleFiles = {
  readonly files: readonly BundleFile[];
  readonly signatures: string | undefined;
  readonly isFolder: boolean;
};

/** Reads a bundle that is a gzipped tar or a folder. */
export async function readBundle(
  path: string,
  options: BundleOptions = {},
): Promise<Bundle> {
  const source = await readBundleFiles(path, options);
  try {
    if (options.verification !== undefined) {
      verifyBundle(
        signedNames(path, source),
        source.signatures,
        options.verification,
      );
    }
    const base = source.isFolder ? path : undefined;
    const { skipsData } = options;
    const content = toBundleContent(source.files, { base, skipsData });
    return {
      ...(options.takesDelta ? content : snapshotOf(content)),
      ...source,
    };
  } catch (error) {
    throw named(path, error);
  }
}

/** What a delta bundle holds means nothing alone. */
function snapshotOf(content: BundleContent): BundleContent {
  if (content.patch) {
    throw fault("a delta bundle (patch.json) cannot be loaded by itself");
  }
  return content;
}

/** Reads a bundle that came as the bytes of a gzipped tar; `from` names it in faults. */
export async function readArchiveBundle(
  from: string,
  archive: Uint8Array,
  { takesDelta = false, verification }: BundleOptions,
): Promise<Bundle> {
  try {
    const {
      files,
      signatures: [signatures],
    } = splitSignatures(await readArchive(archive));
    if (verification !== undefined) {
      verifyBundle(files, signatures, verification);
    }
    const content = toBundleContent(files);
    return {
      ...(takesDelta ? content : snapshotOf(content)),
      files,
      signatures,
      isFolder: false,
    };
  } catch (error) {
    throw named(from, error);
  }
}

/** A bundle's files as they lie in its archive or folder. */
export async function readBundleFiles(
  path: string,
  { isIgnored = () => false, followLinks = false }: BundleOptions = {},
): Promise<BundleFiles> {
  const isFolder = statBundle(path).isDirectory();
  try {
    const all = isFolder
      ? readFolder(path, { isIgnored, followLinks })
      : await readArchive(readFileSync(path));
    const { files, signatures } = splitSignatures(all);
    return {
      files: files.filter(({ name }) => !isIgnored(name)),
      signatures: signatures[0],
      isFolder,
    };
  } catch (error) {
    throw named(path, error);
  }
}

/** The files of a bundle, and the texts of those that hold its signatures. */
export function splitSignatures(all: readonly BundleFile[]): {
  readonly files: readonly BundleFile[];
  readonly signatures: readonly string[];
} {
  return {
    files: all.filter(({ name }) => !isSignatures(name)),
    signatures: all
      .filter(({ name }) => isSignatures(name))
      .map(({ bytes }) => Buffer.from(bytes).toString("utf8")),
  };
}

/** OPA signs the files of a folder by their path, those of an archive by their name in it. */
export function signedNames(
  path: string,
  { files, isFolder }: BundleFiles,
): readonly BundleFile[] {
  return isFolder
    ? files.map((file) => ({
        ...file,
        name: join(path, file.name).replace(/^\/+/, ""),
      }))
    : files;
}

/** True of the file that holds a bundle's signatures, which is no file of it. */
function isSignatures(name: string): boolean {
  return basename(name) === ".signatures.json";
}

function statBundle(path: string) {
  try {
    return statSync(path);
  } catch (cause) {
    throw fault(
      `error reading "${path}": stat ${path}: no such file or directory`,
      cause,
    );
  }
}

type FolderOptions = Required<Pick<BundleOptions, "isIgnored" | "followLinks">>;

/** Plain files, and links as OPA has them: passed over, or files. */
function readFolder(
  folder: string,
  options: FolderOptions,
  below = "",
): BundleFile[] {
  const { isIgnored, followLinks } = options;
  return readdirSync(join(folder, below), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && !isIgnored(name)) {
        return readFolder(folder, options, name);
      }
      if (entry.isSymbolicLink() && followLinks && !isIgnored(name)) {
        return [readLinked(folder, name)];
      }
      return entry.isFile() ? [readFile(folder, name)] : [];
    });
}

function readLinked(folder: string, name: string): BundleFile {
  const path = join(folder, name);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    throw fault(
      `failed to open file /${name}: open ${path}: no such file or directory`,
    );
  }
  if (found.isDirectory()) {
    throw fault(`read ${path}: is a directory`);
  }
  return readFile(folder, name);
}

function readFile(folder: string, name: string): BundleFile {
  checkSize(name, statSync(join(folder, name)).size);
  return { path: `/${name}`, name, bytes: readFileSync(join(folder, name)) };
}
