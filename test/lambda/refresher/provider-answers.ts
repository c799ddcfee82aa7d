/**
 * Answers of real token endpoints: their form as documented or reported, with invented values. The tables of docs/providers.md
 * are generated from `PROVIDERS`. To add a provider, add an entry here and run `npm run docs`.
 */
import type { RefreshErrorCode } from '../../../lambda/shared/refresh-error.ts';

export type Expected =
  | {
      /** Seconds from the moment of the request. */
      readonly lifetime: number;
      /** Whether the log warns of a lifetime over 30 days. */
      readonly isBounded?: true;
      /** Seconds until the token is stored. */
      readonly waits?: number;
    }
  | {
      readonly code: RefreshErrorCode;
      /** What the message names. */
      readonly found: string;
    };

export interface ProviderAnswer {
  /** What is special about it. */
  readonly what: string;
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent unchanged, an object as JSON. `now` is Unix time in seconds. */
  readonly body: string | object | ((now: number) => string | object);
  readonly expected: Expected;
}

export interface Provider {
  readonly name: string;
  /** The settings of cdk.json that it needs, besides `tokenUrl`, `parameterName` and `credentials`. */
  readonly settings?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  /** What a user must know, as full sentences. */
  readonly note?: string;
  /** Why it does not work yet. Without it, the provider works with `settings`. */
  readonly unsupported?: string;
  /** Where this was seen: addresses, or threads as `owner/repository#number`. */
  readonly sources: readonly string[];
  readonly answers: readonly ProviderAnswer[];
}

const TOKEN = 'opaque-token-of-the-provider-table';
const LATER = 'later-token-of-the-provider-table';
/** Every opaque token of the table. */
export const OPAQUE_TOKENS = [TOKEN, LATER];

/** A JWT with these claims. Its signature is not checked. */
export function jwt(claims: unknown, header: unknown = { alg: 'RS256', typ: 'JWT' }): string {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode(header)}.${encode(claims)}.c2lnbmF0dXJlLW9mLXRoZS10YWJsZQ`;
}

/** A grant with an opaque token. `undefined` removes a member. */
const opaque = (members: object = {}): object => ({
  access_token: TOKEN,
  token_type: 'Bearer',
  expires_in: 3600,
  ...members,
});

/** A grant with a JWT. The claims are in seconds from now. */
const withJwt =
  (offsets: Readonly<Record<string, number>>, members: object = {}) =>
  (now: number): object => {
    const claims = Object.entries(offsets).map(([name, offset]) => [name, now + offset]);
    return opaque({ access_token: jwt(Object.fromEntries(claims)), ...members });
  };

const refused = (found: string, code: RefreshErrorCode = 'RESPONSE_INVALID'): Expected => ({ code, found });

export const PROVIDERS: readonly Provider[] = [
  {
    name: 'Spotnana',
    sources: ['https://developer.spotnana.com'],
    answers: [
      { what: 'the three fields that matter', body: opaque(), expected: { lifetime: 3600 } },
      {
        what: 'an unknown client',
        status: 401,
        body: { error: 'invalid_client' },
        expected: refused('HTTP 401 invalid_client', 'CLIENT_REJECTED'),
      },
    ],
  },
  {
    name: 'Microsoft Entra ID (v2.0 endpoint)',
    settings: { scope: 'https://graph.microsoft.com/.default' },
    sources: ['https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow'],
    answers: [
      {
        what: 'a JWT with `nbf` five minutes ago, and `ext_expires_in`',
        body: withJwt({ nbf: -300, exp: 3599 }, { expires_in: 3599, ext_expires_in: 3599 }),
        expected: { lifetime: 3599 },
      },
    ],
  },
  {
    name: 'Azure AD (v1.0 endpoint)',
    settings: { extraParameters: { resource: 'https://management.azure.com/' } },
    sources: ['MicrosoftDocs/azure-docs#54997', 'Azure/azure-cli#15901'],
    answers: [
      {
        what: 'all numbers as text',
        body: (now: number) =>
          opaque({
            access_token: jwt({ nbf: now - 300, exp: now + 3599 }),
            expires_in: '3599',
            ext_expires_in: '3599',
            expires_on: String(now + 3599),
            not_before: String(now - 300),
            resource: 'https://management.azure.com/',
          }),
        expected: { lifetime: 3599 },
      },
      {
        what: 'an opaque token, all numbers as text',
        body: opaque({ expires_in: '3599', ext_expires_in: '3599' }),
        expected: { lifetime: 3599 },
      },
    ],
  },
  {
    name: 'UPS',
    settings: { clientAuthentication: 'client_secret_basic' },
    sources: ['https://schemas.apis.io/schemas/ups/ups-oauthtokenresponse/'],
    answers: [
      {
        what: '`expires_in` and `issued_at` as text',
        body: opaque({ expires_in: '14399', issued_at: '1706710921672', status: 'approved' }),
        expected: { lifetime: 14_399 },
      },
    ],
  },
  {
    name: 'USPS',
    note: 'It answers 415 if the content type has a charset, and so do OpenZiti and phpIPAM. The refresher sends none.',
    sources: ['USPS/api-examples#6', 'openziti/ziti#2704', 'phpipam/phpipam#578'],
    answers: [
      {
        what: 'additional fields',
        body: opaque({
          expires_in: 28_799,
          issued_at: 1_706_710_921_672,
          status: 'approved',
          scope: 'prices',
        }),
        expected: { lifetime: 28_799 },
      },
    ],
  },
  {
    name: 'FedEx',
    note: 'Parent and child accounts also need the confidential form field `child_secret`, which is not supported yet.',
    sources: ['https://developer.fedex.com'],
    answers: [
      {
        what: '`token_type` in lower case',
        body: opaque({ token_type: 'bearer', expires_in: 3599, scope: 'CXS' }),
        expected: { lifetime: 3599 },
      },
    ],
  },
  {
    name: 'NetDocuments',
    settings: { clientAuthentication: 'client_secret_basic', scope: 'full' },
    sources: ['badgateway/oauth2-client#123'],
    answers: [
      { what: '`expires_in` as text', body: opaque({ expires_in: '3600' }), expected: { lifetime: 3600 } },
    ],
  },
  {
    name: 'Danfoss Ally',
    settings: { clientAuthentication: 'client_secret_basic' },
    sources: ['umbraco/Umbraco.AuthorizedServices#42'],
    answers: [
      {
        what: '`expires_in` as text, `token_type` in lower case',
        body: opaque({ expires_in: '3599', token_type: 'bearer' }),
        expected: { lifetime: 3599 },
      },
    ],
  },
  {
    name: 'Apigee (APIs of the NHS and others)',
    note: 'Some of these APIs require `private_key_jwt`, which is not supported yet.',
    sources: [
      'DuendeArchive/Support#1413',
      'apigee/microgateway-edgeauth#48',
      'apigee/microgateway-edgeauth#51',
    ],
    answers: [
      {
        what: '`token_type` `BearerToken`, numbers as text, `refresh_count`',
        body: opaque({
          token_type: 'BearerToken',
          expires_in: '1799',
          issued_at: '1706710921672',
          refresh_token_expires_in: '0',
          refresh_count: '0',
          scope: '',
          status: 'approved',
        }),
        expected: { lifetime: 1799 },
      },
      {
        what: 'a `token` beside the `access_token`, from Edge Microgateway',
        body: withJwt({ exp: 1799 }, { expires_in: 1799, token: LATER, scope: 'Admin' }),
        expected: { lifetime: 1799 },
      },
    ],
  },
  {
    name: 'Shopify',
    sources: [
      'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant',
      'UsefulSoftwareCo/executor#2090',
    ],
    answers: [
      {
        what: 'no `token_type`',
        body: { access_token: TOKEN, scope: 'write_products', expires_in: 86_399 },
        expected: { lifetime: 86_399 },
      },
    ],
  },
  {
    name: 'LinkedIn',
    sources: [
      'https://learn.microsoft.com/linkedin/shared/authentication/client-credentials-flow',
      'cmd-johnson/deno-oauth2-client#37',
    ],
    answers: [
      {
        what: 'no `token_type`',
        body: { access_token: TOKEN, expires_in: 1800 },
        expected: { lifetime: 1800 },
      },
    ],
  },
  {
    name: 'eBay',
    settings: {
      clientAuthentication: 'client_secret_basic',
      scope: 'https://api.ebay.com/oauth/api_scope',
    },
    sources: ['https://developer.ebay.com', 'requests/requests-oauthlib#403'],
    answers: [
      {
        what: '`token_type` `Application Access Token`',
        body: opaque({ token_type: 'Application Access Token', expires_in: 7200 }),
        expected: { lifetime: 7200 },
      },
    ],
  },
  {
    name: 'CrowdStrike',
    sources: ['panva/openid-client#666'],
    answers: [
      {
        what: 'status 201, `token_type` in lower case',
        status: 201,
        body: opaque({ token_type: 'bearer', expires_in: 1799 }),
        expected: { lifetime: 1799 },
      },
    ],
  },
  {
    name: 'Ostrom',
    settings: { clientAuthentication: 'client_secret_basic' },
    sources: ['openhab/openhab-core#5284'],
    answers: [{ what: 'status 201', status: 201, body: opaque(), expected: { lifetime: 3600 } }],
  },
  {
    name: 'Keycloak',
    note: 'With the scope `openid`, it adds an `id_token`, which is ignored.',
    sources: ['https://www.keycloak.org/docs/latest/server_admin/'],
    answers: [
      {
        what: '`not-before-policy`, `refresh_expires_in` 0, an `id_token` of any issuer',
        body: (now: number) =>
          opaque({
            access_token: jwt({ exp: now + 300, iat: now }),
            expires_in: 300,
            refresh_expires_in: 0,
            'not-before-policy': 0,
            id_token: jwt({ iss: 'https://unknown.example.com', exp: now - 1 }),
            scope: 'openid profile',
          }),
        expected: { lifetime: 300 },
      },
      {
        what: 'a JWT that ends with the session, before `expires_in`',
        body: withJwt({ exp: 42 }, { expires_in: 300 }),
        expected: { lifetime: 42 },
      },
    ],
  },
  {
    name: 'WSO2 API Manager',
    note: 'It grants the same token until it expires.',
    sources: ['wso2/api-manager#773'],
    answers: [
      {
        what: 'the remaining lifetime of a token that was granted before',
        body: opaque({ expires_in: 1203, scope: 'default' }),
        expected: { lifetime: 1203 },
      },
      {
        what: '`expires_in` 9223372036854775807, for a token that never expires',
        body: `{"access_token":"${TOKEN}","token_type":"Bearer","expires_in":9223372036854775807}`,
        expected: refused('expires_in is a number of 19 digits, more than a year in seconds'),
      },
    ],
  },
  {
    name: 'Marketo',
    note: 'It grants the same token until it expires, and `expires_in` counts down.',
    sources: ['https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/authentication'],
    answers: [
      {
        what: 'the remaining lifetime, and a scope that is an email address',
        body: opaque({ token_type: 'bearer', expires_in: 2914, scope: 'api.user@example.com' }),
        expected: { lifetime: 2914 },
      },
      {
        what: '`expires_in` 0, in the last second',
        body: opaque({ token_type: 'bearer', expires_in: 0 }),
        expected: refused('expires_in is 0, less than a second'),
      },
    ],
  },
  {
    name: 'Camunda',
    settings: { extraParameters: { audience: 'zeebe.camunda.io' } },
    note: 'It grants the same token until 30 seconds before it expires.',
    sources: ['camunda/camunda-8-js-sdk#125'],
    answers: [
      {
        what: 'a cached JWT, with the `expires_in` of a new one',
        body: withJwt({ exp: 31 }, { expires_in: 86_400 }),
        expected: { lifetime: 31 },
      },
      {
        what: 'a cached JWT that has already expired',
        body: withJwt({ exp: -1 }, { expires_in: 86_400 }),
        expected: refused('its access_token had already expired on arrival'),
      },
    ],
  },
  {
    name: 'Salesforce',
    settings: { defaultLifetime: 'PT2H' },
    note: 'Set `defaultLifetime` to the session timeout of your organization. If the secret is a managed external secret of AWS, also set `credentialFields` to `{"client_id":"consumerKey","client_secret":"consumerSecret"}`.',
    sources: [
      'https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm',
      'https://docs.aws.amazon.com/secretsmanager/latest/userguide/mes-partner-salesforce.html',
    ],
    answers: [
      {
        what: 'no `expires_in`',
        body: opaque({
          expires_in: undefined,
          signature: 'c2lnbmF0dXJl',
          scope: 'api',
          instance_url: 'https://example.my.salesforce.com',
          id: 'https://login.salesforce.com/id/00D/005',
          issued_at: '1706710921672',
        }),
        expected: { lifetime: 7200 },
      },
      {
        what: 'no `expires_in`, but a JWT',
        body: withJwt({ exp: 1800 }, { expires_in: undefined }),
        expected: { lifetime: 1800 },
      },
    ],
  },
  {
    name: 'X (app only)',
    settings: { clientAuthentication: 'client_secret_basic', defaultLifetime: 'P30D' },
    note: 'The token is valid until it is revoked.',
    sources: ['https://docs.x.com/fundamentals/authentication/oauth-2-0/application-only'],
    answers: [
      {
        what: 'no `expires_in`, and percent signs in the token',
        body: { token_type: 'bearer', access_token: `${TOKEN}%2FAAAA%3D` },
        expected: { lifetime: 2_592_000 },
      },
    ],
  },
  {
    name: 'Fiserv',
    settings: { clientAuthentication: 'client_secret_basic', defaultLifetime: 'PT1H' },
    note: 'It sends milliseconds, so set `defaultLifetime` to the real lifetime.',
    sources: ['https://github.com/NangoHQ/nango/blob/master/packages/providers/providers.yaml'],
    answers: [
      {
        what: 'an hour in milliseconds, and an opaque token',
        body: opaque({ expires_in: 3_600_000 }),
        expected: { lifetime: 3600 },
      },
      {
        what: '15 minutes in milliseconds, and a JWT',
        body: withJwt({ exp: 900 }, { expires_in: 900_000 }),
        expected: { lifetime: 900 },
      },
    ],
  },
  {
    name: 'Adobe (OAuth server-to-server)',
    settings: { scope: 'openid,AdobeID' },
    note: 'Use `/ims/token/v3`, which sends seconds.',
    sources: ['adobe/ims-go#24', 'ethyca/fides#1753'],
    answers: [
      {
        what: 'a day in seconds, from v3',
        body: withJwt({}, { token_type: 'bearer', expires_in: 86_399 }),
        expected: { lifetime: 86_399 },
      },
      {
        what: 'a day in milliseconds, from an older version',
        body: withJwt({}, { token_type: 'bearer', expires_in: 86_399_998 }),
        expected: refused('expires_in is a number of 8 digits, more than a year in seconds'),
      },
    ],
  },
  {
    name: 'Auth0',
    settings: { extraParameters: { audience: 'https://api.example.com' } },
    sources: ['auth0/node-auth0#682', 'https://auth0.com/docs/api/authentication'],
    answers: [
      {
        what: 'a lifetime of a day',
        body: withJwt({ exp: 86_400 }, { expires_in: 86_400, scope: 'read:trips' }),
        expected: { lifetime: 86_400 },
      },
      {
        what: 'a wrong secret, as 401 `access_denied`',
        status: 401,
        body: { error: 'access_denied', error_description: 'Unauthorized' },
        expected: refused('HTTP 401 access_denied', 'CLIENT_REJECTED'),
      },
    ],
  },
  {
    name: 'Okta',
    settings: { scope: 'trips.read' },
    note: 'It requires a scope. The API of Okta itself requires `private_key_jwt`, which is not supported yet.',
    sources: ['https://developer.okta.com/docs/guides/implement-grant-type/clientcreds/main/'],
    answers: [
      {
        what: 'a JWT and the granted scope',
        body: withJwt({ exp: 3600 }, { scope: 'trips.read' }),
        expected: { lifetime: 3600 },
      },
      {
        what: '429 with `x-rate-limit-reset` alone, as a Unix time',
        status: 429,
        headers: { 'x-rate-limit-reset': String(Date.parse('2100-01-01') / 1_000) },
        body: { errorCode: 'E0000047', errorSummary: 'API call exceeded rate limit' },
        expected: refused('asked to wait 86400 seconds', 'RATE_LIMITED'),
      },
    ],
  },
  {
    name: 'Amazon Cognito',
    settings: { clientAuthentication: 'client_secret_basic', scope: 'trips/read' },
    sources: ['https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html'],
    answers: [{ what: 'a JWT', body: withJwt({ exp: 3600 }), expected: { lifetime: 3600 } }],
  },
  {
    name: 'Guesty',
    settings: { scope: 'open-api' },
    note: 'It grants five tokens a day, each for a day.',
    sources: ['https://open-api-docs.guesty.com/docs/authentication'],
    answers: [
      {
        what: 'a lifetime of a day',
        body: withJwt({ exp: 86_400 }, { expires_in: 86_400, scope: 'open-api' }),
        expected: { lifetime: 86_400 },
      },
    ],
  },
  {
    name: 'Uber',
    settings: { scope: 'eats.store' },
    note: 'It grants 100 tokens an hour.',
    sources: ['https://developer.uber.com/docs/eats/guides/authentication'],
    answers: [
      {
        what: 'a lifetime of exactly 30 days, and an empty refresh token',
        body: opaque({
          expires_in: 2_592_000,
          scope: 'eats.store',
          refresh_token: '',
          last_authenticated: 0,
        }),
        expected: { lifetime: 2_592_000 },
      },
    ],
  },
  {
    name: 'SoundCloud',
    settings: { clientAuthentication: 'client_secret_basic' },
    note: 'It grants 50 tokens in 12 hours.',
    sources: ['https://developers.soundcloud.com/docs/api/guide'],
    answers: [
      {
        what: 'an empty scope and a refresh token',
        body: opaque({ expires_in: 3599, scope: '', refresh_token: LATER }),
        expected: { lifetime: 3599 },
      },
    ],
  },
  {
    name: 'Twitch',
    note: 'It states up to two months. The refresher uses 30 days.',
    sources: ['https://dev.twitch.tv/docs/authentication/getting-tokens-oauth/'],
    answers: [
      {
        what: 'a lifetime of two months',
        body: opaque({ token_type: 'bearer', expires_in: 5_011_271 }),
        expected: { lifetime: 2_592_000, isBounded: true },
      },
      {
        what: 'scopes as a list',
        body: opaque({ token_type: 'bearer', expires_in: 14_124, scope: ['channel:read:polls'] }),
        expected: { lifetime: 14_124 },
      },
    ],
  },
  {
    name: 'Box',
    settings: { extraParameters: { box_subject_type: 'enterprise', box_subject_id: '12345' } },
    sources: ['https://developer.box.com/guides/authentication/client-credentials'],
    answers: [
      {
        what: 'an empty list in `restricted_to`',
        body: opaque({ token_type: 'bearer', expires_in: 4187, restricted_to: [] }),
        expected: { lifetime: 4187 },
      },
    ],
  },
  {
    name: 'Applied Epic',
    settings: {
      clientAuthentication: 'client_secret_basic',
      extraParameters: { audience: 'api.myappliedproducts.com/epic' },
    },
    sources: ['NangoHQ/nango#6622'],
    answers: [{ what: 'a lifetime of an hour', body: opaque(), expected: { lifetime: 3600 } }],
  },
  {
    name: 'OrderCloud and other services on .NET',
    sources: ['ordercloud-api/ordercloud-javascript-sdk#40', 'forwardemail/superagent#1249'],
    answers: [
      {
        what: 'a byte order mark before the JSON',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: `\ufeff${JSON.stringify(opaque({ expires_in: 36_000 }))}`,
        expected: { lifetime: 36_000 },
      },
    ],
  },
  {
    name: 'Casdoor',
    sources: ['casdoor/casdoor#2964'],
    answers: [
      { what: 'a JWT', body: withJwt({ exp: 7200 }, { expires_in: 7200 }), expected: { lifetime: 7200 } },
      {
        what: 'status 200 for a wrong secret',
        body: { error: 'invalid_client', error_description: 'client_secret is invalid' },
        expected: refused('its field "error" shows invalid_client', 'CLIENT_REJECTED'),
      },
    ],
  },
  {
    name: 'edX (Open edX)',
    note: 'Do not request `token_type` `jwt`, because that token needs another header. Too many requests get a 403.',
    sources: ['mitodl/micromasters#3764'],
    answers: [
      {
        what: 'a lifetime of ten hours',
        body: opaque({ expires_in: 36_000, scope: 'read write profile email' }),
        expected: { lifetime: 36_000 },
      },
      {
        what: '`token_type` `JWT`',
        body: withJwt({ exp: 3600 }, { token_type: 'JWT' }),
        expected: refused('token_type JWT'),
      },
      {
        what: '403 for too many requests',
        status: 403,
        headers: { 'content-type': 'text/html' },
        body: '<html><body>Forbidden</body></html>',
        expected: refused('HTTP 403 with HTML', 'REQUEST_REJECTED'),
      },
    ],
  },
  {
    name: 'Zalando (zDirect)',
    settings: { clientAuthentication: 'client_secret_basic' },
    note: 'It grants eight tokens a minute.',
    sources: [
      'https://developers.merchants.zalando.com/docs/requesting-access-token.html',
      'https://developers.merchants.zalando.com/docs/using-token.html',
    ],
    answers: [
      {
        what: 'a JWT with `nbf` 0',
        body: (now) =>
          opaque({ access_token: jwt({ iat: now, nbf: 0, exp: now + 7200 }), expires_in: 7200, scope: '' }),
        expected: { lifetime: 7200 },
      },
    ],
  },
  {
    name: 'Servers that do not decode basic credentials',
    settings: { clientAuthentication: 'client_secret_basic' },
    note: 'A UUID and base64url work. If the client ID or secret has `+`, `/`, `=` or `%`, use `client_secret_post`, if the server accepts it.',
    sources: [
      'gravitee-io/gravitee-api-management#18648',
      'panva/oauth4webapi#148',
      'panva/openid-client#134',
    ],
    answers: [{ what: 'a lifetime of an hour', body: opaque(), expected: { lifetime: 3600 } }],
  },
  {
    name: 'Zendesk',
    unsupported:
      'Its documentation asks for a JSON request. It states a lifetime only if the request has `expires_in`.',
    sources: [
      'https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/',
      'NangoHQ/nango#6775',
    ],
    answers: [
      {
        what: 'the requested lifetime',
        body: opaque({ token_type: 'bearer', scope: 'read' }),
        expected: { lifetime: 3600 },
      },
      {
        what: '`expires_in` null, if none was requested',
        body: opaque({ token_type: 'bearer', scope: 'read', expires_in: null, refresh_token: null }),
        expected: refused('it has no expires_in'),
      },
    ],
  },
  {
    name: 'Deliverect',
    unsupported: 'Its documentation shows only JSON requests, some with `grant_type` `token`.',
    sources: ['https://developers.deliverect.com/reference/machine-2-machine-access-token'],
    answers: [
      {
        what: '`expires_in` as a Unix time, and an opaque token',
        body: (now: number) => opaque({ expires_in: now + 86_400, expires_at: now + 86_400 }),
        expected: refused('expires_in is a number of 10 digits, more than a year in seconds'),
      },
      {
        what: '`expires_at` only, and a JWT',
        body: (now: number) =>
          opaque({ access_token: jwt({ exp: now + 7200 }), expires_in: undefined, expires_at: now + 7200 }),
        expected: { lifetime: 7200 },
      },
      {
        what: '`expires_in` as a Unix time, and a JWT',
        body: (now: number) =>
          opaque({ access_token: jwt({ exp: now + 7200 }), expires_in: now + 7200, expires_at: now + 7200 }),
        expected: { lifetime: 7200 },
      },
    ],
  },
  {
    name: 'Elasticsearch',
    unsupported: 'It accepts only a JSON request.',
    sources: ['elastic/elasticsearch#33106'],
    answers: [
      {
        what: '`type` instead of `token_type`',
        body: { access_token: TOKEN, type: 'Bearer', expires_in: 1200 },
        expected: { lifetime: 1200 },
      },
    ],
  },
  {
    name: 'Toast',
    unsupported: 'It accepts only a JSON request, and sends the token in `token.accessToken`.',
    sources: ['https://doc.toasttab.com/doc/devguide/authentication.html'],
    answers: [
      {
        what: 'a nested answer in camel case',
        body: {
          '@class': '.SuccessfulResponse',
          token: { tokenType: 'Bearer', scope: null, expiresIn: 19_168, accessToken: TOKEN, idToken: null },
          status: 'SUCCESS',
        },
        expected: refused('it has no access_token, but a field "token"'),
      },
    ],
  },
  {
    name: 'Zoom (server-to-server)',
    unsupported: 'It requires `grant_type=account_credentials`.',
    sources: ['https://developers.zoom.us/docs/internal-apps/s2s-oauth/'],
    answers: [
      {
        what: 'an ordinary answer, with `api_url`',
        body: opaque({ token_type: 'bearer', scope: 'user:read', api_url: 'https://api.zoom.us' }),
        expected: { lifetime: 3600 },
      },
    ],
  },
  {
    name: 'Walmart Marketplace',
    unsupported: 'It requires the headers `WM_QOS.CORRELATION_ID` and `WM_SVC.NAME`.',
    sources: ['https://developer.walmart.com'],
    answers: [
      {
        what: 'XML, if the header `accept` is missing',
        headers: { 'content-type': 'application/xml' },
        body: `<OAuthTokenDTO><accessToken>${TOKEN}</accessToken><expiresIn>900</expiresIn></OAuthTokenDTO>`,
        expected: refused('its body is XML instead of a JSON object'),
      },
    ],
  },
  {
    name: 'Oracle OHIP',
    unsupported: 'It requires the header `x-app-key`.',
    sources: ['https://docs.oracle.com/en/industries/hospitality/integration-platform/'],
    answers: [
      {
        what: 'a lifetime of an hour, and additional fields',
        body: withJwt({ exp: 3600 }, { oracle_tk_context: 'client_assertion', oracle_grant_type: 'x' }),
        expected: { lifetime: 3600 },
      },
    ],
  },
  {
    name: 'Oro',
    unsupported: 'Its documentation shows only a JSON request.',
    sources: ['https://doc.oroinc.com'],
    answers: [{ what: 'a lifetime of an hour', body: withJwt({ exp: 3600 }), expected: { lifetime: 3600 } }],
  },
  {
    name: 'Sabre',
    unsupported:
      'It expects the client ID and secret in base64, and does not decode the form encoding of `client_secret_basic`.',
    sources: ['https://developer.sabre.com'],
    answers: [
      {
        what: 'a lifetime of seven days',
        body: opaque({ token_type: 'bearer', expires_in: 604_800 }),
        expected: { lifetime: 604_800 },
      },
    ],
  },
  {
    name: 'Servers that require DPoP (RFC 9449)',
    unsupported: 'Each use of such a token needs a proof that the reader cannot give.',
    sources: ['https://www.rfc-editor.org/rfc/rfc9449'],
    answers: [
      {
        what: '`token_type` `DPoP`',
        body: withJwt({ exp: 3600 }, { token_type: 'DPoP' }),
        expected: refused('token_type DPoP, which is no bearer token'),
      },
    ],
  },
];

/** An answer whose form belongs to no single provider. */
export interface OtherAnswer extends ProviderAnswer {
  /** Where this form is described or was seen. */
  readonly from: string;
  /** Seconds. */
  readonly defaultLifetime?: number;
}

const RFC_6749 = 'RFC 6749 section 5.1';
const RFC_7519 = 'RFC 7519 section 4.1';
const PROXIES = 'proxies and login pages';
const LENIENT = 'servers that format numbers as text';

const lifetimes: readonly OtherAnswer[] = [
  ...(
    [
      ['3600.0', 3600],
      ['3599.9', 3599],
      [' 3600 ', 3600],
      ['0003600', 3600],
    ] as const
  ).map(([text, lifetime]) => ({
    from: LENIENT,
    what: `expires_in ${JSON.stringify(text)}`,
    body: opaque({ expires_in: text }),
    expected: { lifetime },
  })),
  {
    from: RFC_6749,
    what: 'expires_in 3599.9',
    body: opaque({ expires_in: 3599.9 }),
    expected: { lifetime: 3599 },
  },
  ...(
    [
      ['0', 'a string of 1 character, less than a second'],
      ['-1', 'a string of 2 characters, less than a second'],
      ['1h', 'a string of 2 characters, not a number of seconds'],
      ['PT1H', 'a string of 4 characters, not a number of seconds'],
      ['3600s', 'a string of 5 characters, not a number of seconds'],
      ['0xe10', 'a string of 5 characters, not a number of seconds'],
      ['3.6e3', 'a string of 5 characters, not a number of seconds'],
      ['+3600', 'a string of 5 characters, not a number of seconds'],
      ['3 600', 'a string of 5 characters, not a number of seconds'],
      ['2030-01-01T00:00:00Z', 'a string of 20 characters, not a number of seconds'],
      ['9'.repeat(400), 'a string of 400 characters, more than a year in seconds'],
      [-1, 'a negative number, less than a second'],
      [0.5, 'a number below 1, less than a second'],
      [1_706_710_921, 'a number of 10 digits, more than a year in seconds'],
      [1_706_710_921_672, 'a number of 13 digits, more than a year in seconds'],
      [31_536_001, 'a number of 8 digits, more than a year in seconds'],
      [true, 'a boolean, not a number of seconds'],
      [[3600], 'an array, not a number of seconds'],
      [{ seconds: 3600 }, 'an object, not a number of seconds'],
    ] as const
  ).map(([value, found]) => ({
    from: RFC_6749,
    what: `expires_in ${JSON.stringify(value).slice(0, 30)}`,
    body: opaque({ expires_in: value }),
    expected: refused(`expires_in is ${found}`),
  })),
  {
    from: 'http://lab.must.or.kr (Web API)',
    what: 'a sentence in expires_in',
    body: opaque({ token_type: 'bearer', expires_in: 'Expired after minutes' }),
    expected: refused('expires_in is a string of 21 characters, not a number of seconds'),
  },
  {
    from: RFC_6749,
    what: 'expires_in 1e400',
    body: `{"access_token":"${TOKEN}","token_type":"Bearer","expires_in":1e400}`,
    expected: refused('expires_in is a number beyond all bounds, more than a year in seconds'),
  },
  {
    from: RFC_6749,
    what: 'expires_in NaN, which is no JSON',
    body: `{"access_token":"${TOKEN}","token_type":"Bearer","expires_in":NaN}`,
    expected: refused('its body is invalid JSON instead of'),
  },
  ...(
    [
      ['30 days', 2_592_000, undefined],
      ['30 days and a second', 2_592_001, true],
      ['a year', 31_536_000, true],
    ] as const
  ).map(
    ([what, expires_in, isBounded]): OtherAnswer => ({
      from: RFC_6749,
      what: `a lifetime of ${what}`,
      body: opaque({ expires_in }),
      expected: { lifetime: 2_592_000, ...(isBounded === undefined ? {} : { isBounded }) },
    }),
  ),
  {
    from: RFC_6749,
    what: 'no expires_in',
    body: opaque({ expires_in: undefined }),
    expected: refused('no expires_in'),
  },
  {
    from: RFC_6749,
    what: 'empty expires_in',
    body: opaque({ expires_in: '' }),
    expected: refused('no expires_in'),
  },
  {
    from: 'the setting defaultLifetime',
    what: 'text in expires_in, with a default lifetime',
    body: opaque({ expires_in: '1h' }),
    defaultLifetime: 3600,
    expected: { lifetime: 3600 },
  },
  {
    from: 'the setting defaultLifetime',
    what: 'a Unix time in expires_in, with a default lifetime',
    body: opaque({ expires_in: 1_800_003_600 }),
    defaultLifetime: 3600,
    expected: { lifetime: 3600 },
  },
  {
    from: 'the setting defaultLifetime',
    what: 'a lifetime that is shorter than the default',
    body: opaque({ expires_in: 600 }),
    defaultLifetime: 3600,
    expected: { lifetime: 600 },
  },
  {
    from: 'the setting defaultLifetime',
    what: 'exactly 30 days, with a default lifetime',
    body: opaque({ expires_in: 2_592_000 }),
    defaultLifetime: 3600,
    expected: { lifetime: 2_592_000 },
  },
  {
    from: 'the setting defaultLifetime',
    what: 'expires_in 0, with a default lifetime',
    body: opaque({ expires_in: 0 }),
    defaultLifetime: 3600,
    expected: refused('expires_in is 0, less than a second'),
  },
];

const jwts: readonly OtherAnswer[] = [
  {
    from: RFC_7519,
    what: 'a JWT that ends before expires_in',
    body: withJwt({ exp: 600 }),
    expected: { lifetime: 600 },
  },
  {
    from: RFC_7519,
    what: 'a JWT that ends after expires_in',
    body: withJwt({ exp: 9000 }),
    expected: { lifetime: 3600 },
  },
  {
    from: RFC_7519,
    what: 'a JWT and no expires_in',
    body: withJwt({ exp: 600.7 }, { expires_in: undefined }),
    expected: { lifetime: 600 },
  },
  {
    from: RFC_7519,
    what: 'a JWT and an unreadable expires_in',
    body: withJwt({ exp: 600 }, { expires_in: '10 minutes' }),
    expected: { lifetime: 600 },
  },
  {
    from: RFC_7519,
    what: 'a JWT for ten years',
    body: withJwt({ exp: 315_360_000 }, { expires_in: 315_360_000 }),
    expected: { lifetime: 2_592_000, isBounded: true },
  },
  {
    from: RFC_7519,
    what: 'a JWT that ends now',
    body: withJwt({ exp: 0 }),
    expected: refused('already expired'),
  },
  {
    from: RFC_7519,
    what: 'a JWT of last year',
    body: withJwt({ exp: -3e7 }),
    expected: refused('already expired'),
  },
  {
    from: 'servers that count in milliseconds',
    what: 'a JWT whose exp is in milliseconds',
    body: (now) => opaque({ access_token: jwt({ exp: (now + 600) * 1_000 }) }),
    expected: { lifetime: 3600 },
  },
  {
    from: 'servers that count in milliseconds',
    what: 'a JWT whose exp is in milliseconds, and no expires_in',
    body: (now) => opaque({ access_token: jwt({ exp: (now + 600) * 1_000 }), expires_in: undefined }),
    expected: refused('it has no expires_in'),
  },
  ...(['2030', null, true, [1], {}, 0, -1] as const).map(
    (exp): OtherAnswer => ({
      from: RFC_7519,
      what: `a JWT whose exp is ${JSON.stringify(exp)}`,
      body: opaque({ access_token: jwt({ exp, nbf: exp }) }),
      expected: { lifetime: 3600 },
    }),
  ),
  {
    from: 'umccr/infrastructure#162',
    what: 'a JWT that becomes valid in five seconds',
    body: withJwt({ nbf: 5, exp: 3600 }),
    expected: { lifetime: 3600, waits: 5 },
  },
  {
    from: 'indigo-iam/iam#704',
    what: 'a JWT that becomes valid in half a minute',
    body: withJwt({ nbf: 29.5, exp: 3600 }),
    expected: { lifetime: 3600, waits: 30 },
  },
  {
    from: RFC_7519,
    what: 'a JWT that becomes valid in an hour, and no token is stored',
    body: withJwt({ nbf: 3600, exp: 7200 }, { expires_in: 7200 }),
    expected: { lifetime: 7200 },
  },
  {
    from: 'servers whose clock is in another time zone',
    what: 'a JWT that becomes valid after expires_in, and no token is stored',
    body: withJwt({ nbf: 7200, exp: 10_800 }),
    expected: { lifetime: 3600 },
  },
  {
    from: RFC_7519,
    what: 'a JWT that ends when it becomes valid',
    body: withJwt({ nbf: 20, exp: 20 }),
    expected: refused('its access_token expires before its nbf'),
  },
  {
    from: RFC_7519,
    what: 'a JWT that ends before it becomes valid',
    body: withJwt({ nbf: 20, exp: 10 }),
    expected: refused('its access_token expires before its nbf'),
  },
  ...(
    [
      ['an encrypted JWT', 'eyJhbGciOiJSU0EifQ.a2V5.aXY.dGV4dA.dGFn'],
      ['five parts, with claims in the second', `${jwt({ exp: 1_800_000_600 })}.dGV4dA.dGFn`],
      ['three parts that are no JSON', 'opaque.with-two.dots-of-the-table'],
      ['a payload that is an array', jwt([{ exp: 1 }])],
      ['a payload that is cut off', 'eyJhbGciOiJub25lIn0.eyJleHAiOjE.c2ln'],
      ['dots only', '..'],
      [
        'a payload with bytes that are no text',
        `e30.${Buffer.from([0xff, 0xfe, 0x7b]).toString('base64url')}.x`,
      ],
    ] as const
  ).map(
    ([what, access_token]): OtherAnswer => ({
      from: RFC_7519,
      what: `a token like a JWT: ${what}`,
      body: opaque({ access_token }),
      expected: { lifetime: 3600 },
    }),
  ),
];

const tokenTypes: readonly OtherAnswer[] = [
  ...['bearer', 'BEARER', ' Bearer ', '\tBearer\r\n', 'Bearer Token', 'bearer_token', null, ''].map(
    (token_type): OtherAnswer => ({
      from: 'RFC 6750, and servers that spell it in their own way',
      what: `token_type ${JSON.stringify(token_type)}`,
      body: opaque({ token_type }),
      expected: { lifetime: 3600 },
    }),
  ),
  {
    from: 'Azure DevOps, for users',
    what: 'token_type "jwt-bearer", expires_in as text',
    body: opaque({ token_type: 'jwt-bearer', expires_in: '3599' }),
    expected: { lifetime: 3599 },
  },
  ...(
    [
      ['dpop', 'token_type DPoP, which is no bearer token'],
      ['N_A', 'token_type N_A, which is no bearer token'],
      ['mac', 'token_type mac, which is no bearer token'],
      ['PoP', 'token_type PoP, which is no bearer token'],
      ['Basic', 'token_type is a string of 5 characters and does not mean bearer'],
      ['bearer2', 'token_type is a string of 7 characters and does not mean bearer'],
      [1, 'token_type is a number of 1 digit'],
      [['Bearer'], 'token_type is an array'],
      [{ name: 'Bearer' }, 'token_type is an object'],
      [false, 'token_type is a boolean'],
    ] as const
  ).map(
    ([token_type, found]): OtherAnswer => ({
      from: 'the registry of OAuth access token types',
      what: `token_type ${JSON.stringify(token_type)}`,
      body: opaque({ token_type }),
      expected: refused(found),
    }),
  ),
];

const UNSENDABLE = 'access_token has characters that an Authorization header cannot carry';
const accessTokens: readonly OtherAnswer[] = [
  ...(
    [
      [undefined, 'it has no access_token'],
      [null, 'access_token is null'],
      ['', 'access_token is an empty string'],
      [42, 'access_token is a number of 2 digits'],
      [[TOKEN], 'access_token is an array'],
      [{ value: TOKEN }, 'access_token is an object'],
      [`Bearer ${TOKEN}`, UNSENDABLE],
      [`${TOKEN}\n`, UNSENDABLE],
      [`${TOKEN}\r\nx-injected: 1`, UNSENDABLE],
      ['tökén', UNSENDABLE],
    ] as const
  ).map(
    ([access_token, found]): OtherAnswer => ({
      from: RFC_6749,
      what: `access_token ${JSON.stringify(access_token) ?? 'missing'}`,
      body: opaque({ access_token }),
      expected: refused(found),
    }),
  ),
  ...['accessToken', 'token', 'id_token', 'jwt'].map(
    (field): OtherAnswer => ({
      from: 'APIs with a login of their own',
      what: `the token in ${field}`,
      body: { [field]: TOKEN, expires_in: 3600 },
      expected: refused(`it has no access_token, but a field "${field}"`),
    }),
  ),
  {
    from: 'APIs that wrap every answer',
    what: 'the grant in data',
    body: { data: opaque() },
    expected: refused('it has no access_token, but a field "data"'),
  },
  {
    from: 'RFC 8259 section 4',
    what: 'a repeated key, of which the last one counts',
    body: `{"access_token":"${LATER}","access_token":"${TOKEN}","expires_in":60,"expires_in":3600}`,
    expected: { lifetime: 3600 },
  },
];

const GOOD = JSON.stringify(opaque());
const bodies: readonly OtherAnswer[] = (
  [
    ['nothing', '', 'its body is empty text instead'],
    ['white space', ' \r\n\t', 'its body is empty text instead'],
    ['a page', '<!DOCTYPE html>\n<html><body>Sign in</body></html>', 'its body is HTML instead'],
    ['a page after white space', '\n\n  <HTML lang="en">', 'its body is HTML instead'],
    ['a page after a byte order mark', '\ufeff<html></html>', 'its body is HTML instead'],
    ['XML', '<?xml version="1.0"?><error/>', 'its body is XML'],
    ['a form', `access_token=${TOKEN}&expires_in=3600`, 'its body is form data'],
    ['a token alone', jwt({ exp: 1 }), 'its body is a JWT'],
    ['a token in quotes', JSON.stringify(TOKEN), 'its body is a JSON string instead'],
    ['a grant in quotes', JSON.stringify(GOOD), 'its body is a JSON string that holds a JSON object instead'],
    ['a grant in a list', `[${GOOD}]`, 'its body is a JSON array'],
    ['a number', '42', 'its body is a JSON number'],
    ['null', 'null', 'its body is null'],
    ['true', 'true', 'its body is a JSON boolean'],
    ['a grant that is cut off', GOOD.slice(0, -1), 'its body is invalid JSON'],
    ['two grants', `${GOOD}${GOOD}`, 'its body is invalid JSON'],
    ['a call', `callback(${GOOD})`, 'its body is plain text'],
    ['a prefix against script inclusion', `)]}',\n${GOOD}`, 'its body is plain text'],
    ['an empty object', '{}', 'it has no access_token'],
    ['a grant as the prototype', `{"__proto__":${GOOD}}`, 'it has no access_token'],
  ] as const
).map(([what, body, found]) => ({
  from: PROXIES,
  what: `a body with ${what}`,
  body,
  expected: refused(found),
}));

const errors: readonly OtherAnswer[] = [
  {
    from: 'Slack',
    what: 'ok false with status 200',
    body: { ok: false, error: 'invalid_client_id' },
    expected: refused('its field "error" shows an error without a registered code'),
  },
  {
    from: 'GitHub',
    what: 'an error that is not registered, with status 200',
    body: { error: 'incorrect_client_credentials', error_description: TOKEN },
    expected: refused('its field "error" shows an error without a registered code'),
  },
  {
    from: 'RFC 6749 section 5.2',
    what: 'invalid_scope with status 200',
    body: { error: 'invalid_scope', access_token: null },
    expected: refused('its field "error" shows invalid_scope'),
  },
  {
    from: 'RFC 6749 section 5.2',
    what: 'access_denied with status 201',
    status: 201,
    body: { error: 'access_denied' },
    expected: refused('its field "error" shows access_denied', 'CLIENT_REJECTED'),
  },
  {
    from: 'WeChat',
    what: 'errcode with status 200',
    body: { errcode: 40_001, errmsg: 'invalid credential' },
    expected: refused('its field "errcode" shows an error'),
  },
  {
    from: 'the REST API of Marketo',
    what: 'a list of errors with status 200',
    body: { success: false, errors: [{ code: '601', message: 'Access token invalid' }] },
    expected: refused('its field "errors" shows an error'),
  },
  {
    from: 'Slack',
    what: 'ok false alone, with status 200',
    body: { ok: false },
    expected: refused('its field "ok" shows an error'),
  },
  {
    from: 'APIs of Salesforce and Okta',
    what: 'errorCode with status 200',
    body: { errorCode: 'E0000011' },
    expected: refused('its field "errorCode" shows an error'),
  },
  {
    from: 'APIs that wrap every answer',
    what: 'success false with status 200',
    body: { success: false },
    expected: refused('its field "success" shows an error'),
  },
  {
    from: 'Keyrock (ging/fiware-idm-deprecated#55)',
    what: 'an error object with status 200',
    body: { error: { message: 'Bad Request', code: 400 } },
    expected: refused('its field "error" shows an error'),
  },
  ...[{ error: '' }, { error: false }, { errcode: 0 }, { errcode: '0' }, { errors: [] }, { ok: true }].map(
    (members): OtherAnswer => ({
      from: 'APIs that wrap every answer',
      what: `neither a grant nor an error, but ${JSON.stringify(members)}`,
      body: members,
      expected: refused('it has no access_token'),
    }),
  ),
  ...[{ error: 'none' }, { error: null }, { errcode: 0 }, { errors: [] }, { success: true }].map(
    (members): OtherAnswer => ({
      from: 'APIs that wrap every answer',
      what: `a grant beside ${JSON.stringify(members)}`,
      body: opaque(members),
      expected: { lifetime: 3600 },
    }),
  ),
  ...[202, 203, 206].map(
    (status): OtherAnswer => ({
      from: 'RFC 9110 section 15.3',
      what: `a grant with status ${status}`,
      status,
      body: opaque(),
      expected: refused(`HTTP ${status}`),
    }),
  ),
];

const members: readonly OtherAnswer[] = [
  {
    from: 'the SDK of Graphnet',
    what: '`refresh_token`, `scope` and `id_token` null',
    body: opaque({ refresh_token: null, scope: null, id_token: null }),
    expected: { lifetime: 3600 },
  },
  ...['text/html', 'text/plain; charset=utf-16', 'application/octet-stream', 'application/jwt', ''].map(
    (type): OtherAnswer => ({
      from: PROXIES,
      what: `a grant with the content type ${JSON.stringify(type)}`,
      headers: { 'content-type': type },
      body: opaque(),
      expected: { lifetime: 3600 },
    }),
  ),
  ...(
    [
      { scope: ['read', 'write'] },
      { scope: 7 },
      { scope: { read: true } },
      { refresh_token: 7 },
      { refresh_token: {} },
      { id_token: 'not.a.jwt' },
      { id_token: null },
      { authorization_details: {} },
      { Token_Type: 'DPoP', EXPIRES_IN: 1 },
    ] as const
  ).map(
    (extra): OtherAnswer => ({
      from: RFC_6749,
      what: `a grant beside ${JSON.stringify(extra)}`,
      body: opaque(extra),
      expected: { lifetime: 3600 },
    }),
  ),
];

export const OTHER_ANSWERS: readonly OtherAnswer[] = [
  ...lifetimes,
  ...jwts,
  ...tokenTypes,
  ...accessTokens,
  ...bodies,
  ...errors,
  ...members,
];
