/** The release of OPA that is the reference. */
export const opaVersion = "1.20.1";
