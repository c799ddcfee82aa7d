import { credentialFieldsOf } from '../shared/credential-fields.ts';
import { sha256 } from '../shared/stored-token.ts';
import type { Configuration } from './configuration.ts';

/** Fingerprint of what a token is minted from. It changes with the settings and with the credentials. */
export function sourceFingerprint(configuration: Configuration, secretVersionId: string): string {
  const { tokenUrl, scope, extraParameters, clientAuthentication, parameterTier, defaultLifetime } =
    configuration;
  const extra = Object.keys(extraParameters)
    .toSorted()
    .map((name) => [name, extraParameters[name]]);
  // The tier changes only when the parameter is written, so a new tier must cause a mint.
  const tier = parameterTier === 'Advanced' ? [parameterTier] : [];
  // Appended only if set, because the fingerprint of existing records must not change.
  const { client_id, client_secret } = configuration.credentialFields;
  const defaults = credentialFieldsOf();
  const hasOtherFields = client_id !== defaults.client_id || client_secret !== defaults.client_secret;
  const fields = hasOtherFields ? [[client_id, client_secret]] : [];
  // A new default must also correct the expiry of the stored token.
  const lifetime = defaultLifetime === undefined ? [] : [{ defaultLifetime }];
  return sha256(
    JSON.stringify([
      tokenUrl,
      scope ?? null,
      extra,
      clientAuthentication,
      secretVersionId,
      ...tier,
      ...fields,
      ...lifetime,
    ]),
  );
}
