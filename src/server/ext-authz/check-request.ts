/** A 64-bit integer as protobufjs decodes it, or as HTTP mode counts it. */
export type Int64 = number | { toString(): string };

/** google.protobuf.Struct and Value; exactly one member of a Value is its own. */
export type Struct = { readonly fields?: Readonly<Record<string, Value>> };
export type Value = {
  readonly nullValue?: number;
  readonly numberValue?: number;
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly structValue?: Struct;
  readonly listValue?: { readonly values?: readonly Value[] };
};

export type Metadata = {
  readonly filterMetadata?: Readonly<Record<string, Struct>>;
  readonly typedFilterMetadata?: Readonly<
    Record<string, { readonly type_url?: string; readonly value?: Uint8Array }>
  >;
};

export type Peer = {
  readonly address?: Address;
  readonly service?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly principal?: string;
  readonly certificate?: string;
};

export type Address = {
  readonly socketAddress?: {
    readonly protocol?: number;
    readonly address?: string;
    readonly portValue?: number;
    readonly namedPort?: string;
    readonly resolverName?: string;
    readonly ipv4Compat?: boolean;
  };
  readonly pipe?: { readonly path?: string; readonly mode?: number };
  readonly envoyInternalAddress?: {
    readonly serverListenerName?: string;
    readonly endpointId?: string;
  };
};

/** A header as Envoy's `encode_raw_headers` sends it. */
export type RawHeader = {
  readonly key?: string;
  readonly value?: string;
  readonly rawValue?: Uint8Array;
};

export type HttpRequest = {
  readonly id?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly headerMap?: { readonly headers?: readonly RawHeader[] };
  readonly path?: string;
  readonly host?: string;
  readonly scheme?: string;
  readonly query?: string;
  readonly fragment?: string;
  readonly size?: Int64;
  readonly protocol?: string;
  readonly body?: string;
  readonly rawBody?: Uint8Array;
};

export type AttributeContext = {
  readonly source?: Peer | null;
  readonly destination?: Peer | null;
  readonly request?: {
    readonly time?: {
      readonly seconds?: Int64;
      readonly nanos?: number;
    } | null;
    readonly http?: HttpRequest | null;
  } | null;
  readonly contextExtensions?: Readonly<Record<string, string>>;
  readonly metadataContext?: Metadata | null;
  readonly routeMetadataContext?: Metadata | null;
  readonly tlsSession?: { readonly sni?: string } | null;
};

/**
 * envoy.service.auth.v3.CheckRequest as it is decoded: a missing message is
 * undefined or null, a missing scalar is undefined or its default.
 */
export type CheckRequest = { readonly attributes?: AttributeContext | null };
