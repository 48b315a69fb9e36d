import type { Struct } from "./check-request.ts";

/** config.core.v3.HeaderValueOption.HeaderAppendAction. */
export const appendAction = {
  append: 0,
  overwrite: 2,
} as const;

export type HeaderValueOption = {
  readonly header: {
    readonly key: string;
    readonly value: string;
    /** In place of `value`. */
    readonly rawValue?: Uint8Array;
  };
  /** Left to Envoy where it is not given. */
  readonly appendAction?: number;
};

type DeniedHttpResponse = {
  readonly status: { readonly code: number };
  readonly headers: readonly HeaderValueOption[];
  readonly body: string;
};

type OkHttpResponse = {
  readonly headers: readonly HeaderValueOption[];
  readonly headersToRemove: readonly string[];
  readonly responseHeadersToAdd: readonly HeaderValueOption[];
  readonly queryParametersToSet: readonly {
    readonly key: string;
    readonly value: string;
  }[];
  readonly queryParametersToRemove: readonly string[];
};

/** envoy.service.auth.v3.CheckResponse; one of the three responses is set. */
export type CheckResponse = {
  readonly status: { readonly code: number; readonly message?: string };
  readonly okResponse?: OkHttpResponse;
  readonly deniedResponse?: DeniedHttpResponse | undefined;
  readonly errorResponse?: DeniedHttpResponse;
  readonly dynamicMetadata?: Struct | undefined;
};
