import { unixSeconds } from '../shared/clock.ts';
import type { StoredToken } from '../shared/stored-token.ts';
import { type Known, type Load, tokenIn } from './load.ts';

/** Where the extension listens unless its environment says otherwise, and the longest wait for it, in milliseconds. */
const DEFAULT_PORT = '2773';
const TIMEOUT_MS = 2_000;

/**
 * Reads from the AWS Parameters and Secrets Lambda Extension where its answer helps, else from Parameter Store
 * itself. The extension keeps a value for its own time (300 seconds unless configured) without knowing when the token
 * expires or that it was rejected, documents no way past that cache, and refuses while the container starts. So its
 * answer counts only where it is a token later than the one in memory and valid for as long as is wanted, and it is not
 * asked after a rejection.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
 */
export function loadThroughExtension(parameterName: string, loadDirectly: Load, now: () => number): Load {
  return async (known) => {
    const token = known.rejected ? undefined : await askExtension(parameterName);
    if (token !== undefined && helps(token, known, unixSeconds(now()))) return { type: 'token', token };
    return loadDirectly(known);
  };
}

function helps(token: StoredToken, { held, wanted }: Known, now: number): boolean {
  return token.expires_at - now > wanted() && (held === undefined || token.issued_at > held.issued_at);
}

async function askExtension(parameterName: string): Promise<StoredToken | undefined> {
  const { PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: port, AWS_SESSION_TOKEN: sessionToken } = process.env;
  const query = new URLSearchParams({ name: parameterName, withDecryption: 'true' });
  try {
    const response = await fetch(
      `http://localhost:${port || DEFAULT_PORT}/systemsmanager/parameters/get?${query}`,
      {
        headers: { 'X-Aws-Parameters-Secrets-Token': sessionToken ?? '' },
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    );
    if (!response.ok) return void (await response.body?.cancel());
    const { Parameter } = (await response.json()) as { Parameter?: { Type?: string; Value?: string } };
    const loaded = tokenIn(Parameter, parameterName);
    return loaded.type === 'token' ? loaded.token : undefined;
  } catch {
    // Whatever is wrong with it, Parameter Store is asked next, and its failure is the one to tell.
    return undefined;
  }
}
