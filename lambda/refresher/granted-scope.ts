/**
 * The requested scopes that were granted, or undefined if there are none. Any other text could be an echo of the request,
 * which holds the client secret.
 */
export function grantedScope(granted: string | undefined, asked: string | undefined): string | undefined {
  const allowed = new Set(asked?.split(' '));
  const scopes = new Set(granted?.split(' ').filter((scope) => allowed.has(scope)));
  return [...scopes].join(' ') || undefined;
}
