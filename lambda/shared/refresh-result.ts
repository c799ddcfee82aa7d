/**
 * Why a run kept the token. `already-replaced`: another run has stored a newer one. `being-replaced`: another run is replacing
 * the rejected token.
 */
export type KeepReason = 'fresh' | 'already-replaced' | 'just-minted' | 'being-replaced';
export type MintReason = 'missing' | 'unreadable' | 'expiring' | 'source-changed' | 'rejected' | 'forced';

/** The result of a run. Never holds the token. */
export type RefreshResult = (
  | { readonly outcome: 'kept'; readonly reason: KeepReason }
  | { readonly outcome: 'minted'; readonly reason: MintReason }
) & {
  /** Unix time in seconds. */
  readonly expires_at: number;
  readonly parameter_version: number;
};
