import { type ClaimRecord, parseClaim } from '../../../lambda/refresher/claim-record.ts';
import type { RefreshEvent } from '../../../lambda/refresher/event.ts';
import { type RefreshTools, refresh, type WarmMemory } from '../../../lambda/refresher/refresh.ts';
import { sourceFingerprint } from '../../../lambda/refresher/source-fingerprint.ts';
import { unixSeconds } from '../../../lambda/shared/clock.ts';
import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';
import type { StoredToken } from '../../../lambda/shared/stored-token.ts';
import { RUN_TIMEOUT_SECONDS, STORE_RESERVE_SECONDS } from '../../../lambda/shared/time-budget.ts';
import type { Keyring } from '../../../local/embedded-cloud/encryption.ts';
import type { Input, Operations } from '../../../local/embedded-cloud/input.ts';
import { createParameterStore } from '../../../local/embedded-cloud/parameter-store.ts';
import { createSecretsManager } from '../../../local/embedded-cloud/secrets-manager.ts';
import { configurationFor } from '../configuration.ts';
import { type RoutedClients, routedClients } from './routed-clients.ts';
import { type Actor, Stage, type StageOptions } from './stage.ts';
import { type IssuerKind, LIFETIME, TokenIssuer } from './token-issuer.ts';

export const CONFIGURATION = configurationFor('https://auth.example.com/token');
export const FIRST_TOKEN = 'token-0';
/** Unix time in milliseconds. */
export const START = 1_800_000_000_000;

const SECRET = {
  Name: 'secret',
  SecretString: '{"client_id": "id", "client_secret": "secret"}',
  ClientRequestToken: '00000000-0000-4000-8000-000000000001',
};
const ARN = 'arn:aws:service:us-east-1:000000000000';
/** Encrypts nothing: that would take longer than the calls. */
const KEYRING: Keyring = { encrypt: (_key, _context, text) => text, decrypt: (_key, _context, text) => text };
/** How long a token request takes, in milliseconds. The other calls take no time. */
const TOKEN_REQUEST_MS = 1_000;

export interface RefresherStageOptions extends Pick<StageOptions, 'fault' | 'earlyWakes'> {
  readonly issuer: IssuerKind;
  /** The token that is stored at the start, if any. */
  readonly firstToken:
    | {
        /** Seconds since it was issued. */
        readonly age: number;
        readonly isAlive: boolean;
      }
    | undefined;
}

/** The real refresher on a stage: each call to Parameter Store, the token endpoint and Lambda is a step. */
export class RefresherStage {
  readonly stage: Stage;
  readonly issuer: TokenIssuer;
  /** The access tokens that were stored, in order. */
  readonly stored: string[] = [];
  /** The latest record of the claim. */
  claim: ClaimRecord | undefined;
  readonly #parameters: Operations;
  readonly #secrets: Operations;
  readonly #writes: unknown[] = [];

  constructor({ issuer, firstToken, ...options }: RefresherStageOptions) {
    this.stage = new Stage({ startsAt: START, ...options });
    this.#parameters = createParameterStore(KEYRING, ARN, this.stage.now);
    this.#secrets = createSecretsManager(KEYRING, ARN);
    this.#secrets.CreateSecret?.(SECRET);
    this.#answer('PutParameter', {
      Name: `${CONFIGURATION.parameterName}.claim`,
      Value: '{}',
      Type: 'String',
    });
    if (firstToken !== undefined) this.#store(firstRecord(firstToken.age));
    const { access_token, expires_at } = firstRecord(firstToken?.age ?? 0);
    this.issuer = new TokenIssuer(
      issuer,
      firstToken?.isAlive ? [{ access_token, expiresAt: expires_at }] : [],
    );
  }

  /** Runs the refresher in a container of its own, unless it gets the memory of another. */
  run(actor: Actor, event: RefreshEvent, memory: WarmMemory = {}): Promise<RefreshResult> {
    const { stage, issuer } = this;
    const { ssm, secretsManager } = this.clients(actor);
    const tools = {
      ssm,
      tokenWriter: ssm,
      secretsManager,
      clock: {
        now: stage.now,
        sleep: (milliseconds: number) => stage.sleep(actor, milliseconds),
        // No call hangs, so no signal aborts.
        timeout: () => new AbortController().signal,
      },
      fetch: async () =>
        Response.json(
          await stage.call(actor, 'token request', () => issuer.grant(stage.now()), TOKEN_REQUEST_MS),
        ),
      random: () => 0.5,
      deadline: stage.now() + (RUN_TIMEOUT_SECONDS - STORE_RESERVE_SECONDS) * 1_000,
      memory,
      observations: { attempts: 0, previousCredentialsUsed: false, isLifetimeBounded: false },
      runId: actor.name,
      mostRequests: 6,
    } satisfies RefreshTools;
    return refresh(event, CONFIGURATION, tools);
  }

  /** The clients of an actor. What the secret holds never changes, so reads of it are no steps. */
  clients(actor: Actor): RoutedClients {
    return routedClients(actor.name, {
      ssm: (operation, input) =>
        this.stage.call(actor, `${operation} ${input.Name}`, () => this.#answer(operation, input)),
      secretsManager: (operation, input) => this.#secrets[operation]?.(input),
    });
  }

  /** Equal for two states if the same steps lead to the same ends from both. */
  state(): string {
    return JSON.stringify([this.stage.state(), this.issuer.state(), this.#writes]);
  }

  #store(record: StoredToken): void {
    const { parameterName: Name, parameterKeyId: KeyId } = CONFIGURATION;
    this.#answer('PutParameter', { Name, KeyId, Type: 'SecureString', Value: JSON.stringify(record) });
  }

  #answer(operation: string, input: Input): unknown {
    const output = this.#parameters[operation]?.(input);
    if (operation !== 'PutParameter') return output;
    this.#writes.push([input.Name, input.Value]);
    if (input.Name !== CONFIGURATION.parameterName) this.claim = parseClaim(String(input.Value));
    else this.stored.push((JSON.parse(String(input.Value)) as StoredToken).access_token);
    return output;
  }
}

function firstRecord(age: number): StoredToken {
  const issued_at = unixSeconds(START) - age;
  return {
    access_token: FIRST_TOKEN,
    token_type: 'Bearer',
    issued_at,
    expires_at: issued_at + LIFETIME,
    source: sourceFingerprint(CONFIGURATION, SECRET.ClientRequestToken),
  };
}
