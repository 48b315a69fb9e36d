import type {
  Address,
  AttributeContext,
  Int64,
  Metadata,
  Peer,
  Struct,
  Value,
} from "../check-request.ts";

type Member = { readonly [key: string]: unknown } | undefined;

/**
 * The attributes as version 2 of the API shows them: what Go's JSON makes of
 * the message's structs. Names have underscores, a member of several kinds
 * stands in an object named after its kind, what is empty is left out.
 */
export function attributesJsonV2(attributes: AttributeContext): string {
  const { source, destination, request } = attributes;
  return write({
    source: source && peer(source),
    destination: destination && peer(destination),
    request: request && {
      time: request.time && {
        seconds: integer(request.time.seconds),
        nanos: integer(request.time.nanos),
      },
      http: request.http && httpMembers(request.http),
    },
    context_extensions: filled(attributes.contextExtensions),
    metadata_context:
      attributes.metadataContext && metadata(attributes.metadataContext),
  });
}

type Http = NonNullable<NonNullable<AttributeContext["request"]>["http"]>;

function httpMembers(http: Http): Member {
  const { id, method, path, host, scheme, query, fragment, protocol, body } =
    http;
  return {
    id: id || undefined,
    method: method || undefined,
    headers: filled(http.headers),
    path: path || undefined,
    host: host || undefined,
    scheme: scheme || undefined,
    query: query || undefined,
    fragment: fragment || undefined,
    size: integer(http.size),
    protocol: protocol || undefined,
    body: body || undefined,
  };
}

function peer({ address, service, labels, principal, certificate }: Peer) {
  return {
    address: address && { Address: addressOf(address) },
    service: service || undefined,
    labels: filled(labels),
    principal: principal || undefined,
    certificate: certificate || undefined,
  };
}

/** Go names the kind that is set; nothing set is null. */
function addressOf({ pipe, socketAddress }: Address): Member | null {
  if (socketAddress) {
    const { namedPort, portValue } = socketAddress;
    return {
      SocketAddress: {
        protocol: integer(socketAddress.protocol),
        address: socketAddress.address || undefined,
        PortSpecifier: Object.hasOwn(socketAddress, "portValue")
          ? { PortValue: portValue }
          : Object.hasOwn(socketAddress, "namedPort")
            ? { NamedPort: namedPort }
            : null,
        resolver_name: socketAddress.resolverName || undefined,
        ipv4_compat: socketAddress.ipv4Compat || undefined,
      },
    };
  }
  return pipe
    ? { Pipe: { path: pipe.path || undefined, mode: integer(pipe.mode) } }
    : null;
}

function metadata({ filterMetadata = {} }: Metadata): Member {
  const structs = Object.entries(filterMetadata).map(
    ([name, value]) => [name, struct(value)] as const,
  );
  return { filter_metadata: filled(Object.fromEntries(structs)) };
}

function struct({ fields = {} }: Struct): Member {
  const members = Object.entries(fields).map(
    ([name, value]) => [name, { Kind: kindOf(value) }] as const,
  );
  return { fields: filled(Object.fromEntries(members)) };
}

function kindOf(value: Value): Member | null {
  if (value.structValue) {
    return { StructValue: struct(value.structValue) };
  }
  if (value.listValue) {
    const values = value.listValue.values ?? [];
    return {
      ListValue: {
        values:
          values.length > 0
            ? values.map((one) => ({ Kind: kindOf(one) }))
            : undefined,
      },
    };
  }
  const kinds = [
    ["stringValue", "StringValue"],
    ["numberValue", "NumberValue"],
    ["boolValue", "BoolValue"],
    ["nullValue", "NullValue"],
  ] as const;
  const kind = kinds.find(([name]) => Object.hasOwn(value, name));
  return kind ? { [kind[1]]: value[kind[0]] } : null;
}

function filled<T extends object>(members: T | undefined): T | undefined {
  return members && Object.keys(members).length > 0 ? members : undefined;
}

/** A number that is not zero, a long one as its digits. */
function integer(value: Int64 | undefined): Digits | undefined {
  const digits = value === undefined ? "0" : value.toString();
  return digits === "0" ? undefined : new Digits(digits);
}

class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function write(value: unknown): string {
  if (value instanceof Digits) {
    return value.text;
  }
  if (Array.isArray(value)) {
    return `[${value.map(write).join(",")}]`;
  }
  if (value === null || typeof value !== "object") {
    return JSON.stringify(value);
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined && !isNothing(member, value))
    .map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`);
  return `{${members.join(",")}}`;
}

/** A message that is not set is left out; a kind that is not set stays null. */
function isNothing(member: unknown, holder: object): boolean {
  const isKind = ["Address", "PortSpecifier", "Kind"].some((name) =>
    Object.hasOwn(holder, name),
  );
  return member === null && !isKind;
}
