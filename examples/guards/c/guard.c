// Denies what a request's body holds more of than `max_bytes` of the
// configuration allows. No library: memory is one buffer, and the text of the
// input is searched for the one number that matters.

typedef unsigned int u32;
typedef unsigned long long u64;

#define IMPORT(name) __attribute__((import_module("portcullis"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("config")
extern int config(const char *key, u32 key_length, char *room, u32 room_length);
IMPORT("log")
extern void log_line(int level, const char *text, u32 length);

static char input[1 << 16];

EXPORT("guard_abi_version")
int abi_version(void) { return 1; }

// Room for the input, or memory that is not there: the host then refuses.
EXPORT("guard_alloc")
char *alloc(u32 size) { return size <= sizeof input ? input : (char *)-1; }

static u64 verdict(const char *text, u32 length) {
  return (u64)(u32)text << 32 | length;
}

#define VERDICT(text) verdict(text, sizeof(text) - 1)

static int starts_with(const char *at, const char *end, const char *word) {
  while (*word) {
    if (at == end || *at++ != *word++) {
      return 0;
    }
  }
  return 1;
}

static u32 number_at(const char *at, const char *end) {
  u32 value = 0;
  while (at != end && *at >= '0' && *at <= '9' && value < 100000000) {
    value = value * 10 + (u32)(*at++ - '0');
  }
  return value;
}

static u32 max_bytes(void) {
  char text[16];
  int length = config("max_bytes", 9, text, sizeof text);
  return length < 0 || length > (int)sizeof text ? 1024
                                                 : number_at(text, text + length);
}

EXPORT("guard_evaluate")
u64 evaluate(const char *text, u32 length) {
  static const char name[] = "\"content-length\":\"";
  const char *end = text + length;
  for (const char *at = text; at != end; at++) {
    if (starts_with(at, end, name)) {
      if (number_at(at + sizeof name - 1, end) <= max_bytes()) {
        return VERDICT("true");
      }
      log_line(1, "too large", 9);
      return VERDICT("{\"allowed\":false,\"code\":\"too_large\","
                     "\"http_status\":413,\"reason\":\"the body is too large\"}");
    }
  }
  return VERDICT("true");
}
