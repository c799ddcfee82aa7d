export type KeepReason = 'fresh' | 'already-replaced' | 'just-minted';
export type MintReason = 'missing' | 'unreadable' | 'expiring' | 'source-changed' | 'rejected' | 'forced';

/** Why a run kept the token: as decided, or because another run is replacing the rejected token at this moment. */
export type KeptReason = KeepReason | 'being-replaced';

/** What a run answers. Never the token. */
export type RefreshResult =
  | {
      readonly outcome: 'kept';
      readonly reason: KeptReason;
      readonly expires_at: number;
      readonly parameter_version: number;
    }
  | {
      readonly outcome: 'minted';
      readonly reason: MintReason;
      readonly expires_at: number;
      readonly parameter_version: number;
    };
