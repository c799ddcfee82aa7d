import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CliError } from './cli-error.ts';

/** Attempts of one request to an address that gives no answer. Throttled requests may have more. */
const MAX_ATTEMPTS = 3;

/** An address that gave no answer. */
export class UnreachableError extends CliError {
  /** The code of the network error, such as `ECONNREFUSED`. The SDK does not retry an error that has it as its name. */
  override readonly name: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = code;
  }
}

/** The part that every client has. The middleware stacks of the clients differ only in types. */
type AnyClient = Pick<CloudFormationClient, 'middlewareStack'>;

interface Address {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
}

/** Makes network errors name the address, and say what to do. `maxAttempts` is the client's own limit. */
export function nameUnreachable(client: object, maxAttempts: number): void {
  const attempts = Math.min(maxAttempts, MAX_ATTEMPTS);
  (client as AnyClient).middlewareStack.add(
    (next) => {
      let failures = 0;
      return async (args) => {
        try {
          return await next(args);
        } catch (error) {
          const code = networkErrorCode(error);
          if (code === undefined) throw error;
          failures += 1;
          if (failures < attempts && RETRIED.has(code)) throw error;
          throw new UnreachableError(code, describe(code, args.request as Address));
        }
      };
    },
    { step: 'finalizeRequest', priority: 'low', name: 'nameUnreachable' },
  );
}

/** Codes after which the SDK sends the request again. */
const RETRIED: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'TIMEOUT'],
  ...['EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'],
]);

/** The code of an error that has no HTTP answer, or undefined. */
function networkErrorCode(error: unknown): string | undefined {
  const { code, name, $response } = error as { code?: unknown; name?: unknown; $response?: unknown };
  if ($response !== undefined) return undefined;
  if (name === 'TimeoutError') return 'TIMEOUT';
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : undefined;
}

function describe(code: string, { protocol, hostname, port }: Address): string {
  const address = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
  return `AWS could not be reached at ${address}: ${code}. ${remedy(code, hostname)}`;
}

function remedy(code: string, hostname: string): string {
  if (/CERT|SIGNATURE|SIGNED/.test(code)) {
    return 'The certificate is not trusted: set NODE_EXTRA_CA_CERTS to the CA certificate of your proxy or endpoint';
  }
  if (!isOfAws(hostname)) {
    return 'Start that endpoint, or correct AWS_ENDPOINT_URL or the endpoint_url of the profile';
  }
  if (code === 'ENOTFOUND') return 'Check that the region exists and that this machine resolves host names';
  return 'Check the network path: firewall, VPN and proxy';
}

/** Whether the host is `<service>.<region>.<suffix>`, which only the SDK itself makes. */
function isOfAws(hostname: string): boolean {
  return /^[\w.-]+\.[a-z]+(-[a-z]+)+-\d+\./.test(hostname) || hostname.startsWith('iam.');
}
