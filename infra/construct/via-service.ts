import { Aws, type Stack, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';

/** The domain of KMS's documented values. */
const DOCUMENTED_DOMAIN = 'amazonaws.com';

/**
 * The values of `kms:ViaService` for calls that a service of the stack's region makes. KMS documents
 * `<service>.<region>.amazonaws.com` and does not say whether a partition with a domain of its own uses that domain
 * (China, the isolated regions, the European Sovereign Cloud). Both forms are listed there: AWS sets the value, so
 * the second form admits no other caller. Without a region, the partition is unknown at synth, so both are listed.
 * If they turn out equal, as in the partition `aws`, the policy holds one value twice, which changes nothing.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
export function viaService({ region }: Stack, service: 'ssm' | 'secretsmanager'): string | string[] {
  const domain = Token.isUnresolved(region) ? undefined : RegionInfo.get(region).domainSuffix;
  const documented = `${service}.${region}.${DOCUMENTED_DOMAIN}`;
  if (domain === DOCUMENTED_DOMAIN) return documented;
  return [documented, `${service}.${region}.${domain ?? Aws.URL_SUFFIX}`];
}
