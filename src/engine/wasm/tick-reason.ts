/** Why a metered module calls the host, which refills the fuel or throws. */
export const tickReason = { fuel: 0, depth: 1, memory: 2, table: 3 } as const;
