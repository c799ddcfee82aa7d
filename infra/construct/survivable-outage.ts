import { Annotations, Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import { survivableOutage } from '../../lambda/shared/survivable-outage.ts';

/**
 * Says how long an outage the settings survive, or warns if they survive none. Tokens that are valid for at least twice
 * `refreshBefore` become due when exactly `refreshBefore` is left. A longer lifetime changes nothing.
 */
export function reportSurvivableOutage(scope: Construct, policy: RefreshPolicy): void {
  const { checkEvery, refreshBefore } = policy;
  const lifetime = 2 * refreshBefore;
  const seconds = survivableOutage(lifetime, policy);
  const text = (duration: number) => Duration.seconds(duration).toHumanString();
  if (seconds > 0) {
    Annotations.of(scope).addInfoV2(
      'token-refresher:survives-outages',
      `survives outages of the token endpoint of up to ${text(seconds)}, if tokens are valid for at least ${text(lifetime)}.`,
    );
    return;
  }
  const iso = (duration: number) => Duration.seconds(duration).toIsoString();
  Annotations.of(scope).addWarningV2(
    'token-refresher:survives-no-outage',
    `refreshBefore is ${iso(refreshBefore)}. With checkEvery ${iso(checkEvery)}, even a short outage of the token endpoint may leave ` +
      'readers without a token. Raise refreshBefore or lower checkEvery.',
  );
}
