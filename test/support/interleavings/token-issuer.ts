/** What an endpoint does when it is asked for a token while others are alive. */
export const ISSUER_KINDS = [
  'keeps former tokens',
  'revokes former tokens',
  'grants the same token',
] as const;
export type IssuerKind = (typeof ISSUER_KINDS)[number];

/** Lifetime of a token, in seconds. */
export const LIFETIME = 3_600;

export interface IssuedToken {
  readonly access_token: string;
  /** Unix time in seconds. */
  readonly expiresAt: number;
}

/** A token endpoint without HTTP. */
export class TokenIssuer {
  requests = 0;
  readonly #kind: IssuerKind;
  #alive: readonly IssuedToken[];
  #minted = 0;

  constructor(kind: IssuerKind, alive: readonly IssuedToken[]) {
    this.#kind = kind;
    this.#alive = alive;
  }

  /** New tokens so far. */
  get minted(): number {
    return this.#minted;
  }

  isAlive(accessToken: string): boolean {
    return this.#alive.some(({ access_token }) => access_token === accessToken);
  }

  /** Answers a token request. `now` is Unix time in milliseconds. */
  grant(now: number): object {
    this.requests += 1;
    const seconds = now / 1_000;
    const { access_token, expiresAt } =
      (this.#kind === 'grants the same token' ? this.#alive.at(-1) : undefined) ??
      this.#mint(Math.floor(seconds) + LIFETIME);
    return { access_token, token_type: 'Bearer', expires_in: Math.floor(expiresAt - seconds) };
  }

  state(): readonly unknown[] {
    return [this.requests, this.#minted, this.#alive];
  }

  #mint(expiresAt: number): IssuedToken {
    this.#minted += 1;
    const token = { access_token: `token-${this.#minted}`, expiresAt };
    this.#alive = [...(this.#kind === 'revokes former tokens' ? [] : this.#alive), token];
    return token;
  }
}
