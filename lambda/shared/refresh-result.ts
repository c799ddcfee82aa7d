/**
 * Why a run kept the token. `already-replaced`: another run has stored a newer one. `being-replaced`: another run is minting.
 * `just-minted`: the rejected token, or the one before it, is too new to be replaced. `same-token`: the endpoint granted the
 * stored token again.
 */
export type KeepReason = 'fresh' | 'already-replaced' | 'just-minted' | 'being-replaced' | 'same-token';
export type MintReason = 'missing' | 'unreadable' | 'expiring' | 'source-changed' | 'rejected' | 'forced';

/** The result of a run. Never holds the token. */
export type RefreshResult = (
  | { readonly outcome: 'kept'; readonly reason: KeepReason }
  | { readonly outcome: 'minted'; readonly reason: MintReason }
) & {
  /** Unix time in seconds. After `same-token`, the earlier of the stored and the granted expiry. */
  readonly expires_at: number;
  readonly parameter_version: number;
};
