/** What the system assumes about AWS, and what a run can find out about it. */
export interface Assumption {
  readonly question: string;
  readonly assumed: string;
  /** Why an emulator cannot answer. Absent if it can. */
  readonly notOnEmulator?: string;
  /** Why no run asks. Absent if a run asks. */
  readonly neverAsked?: string;
}

const NO_TIERS = 'MiniStack checks no tiers, sizes or keys of parameters';
const NO_KEY_POLICY = 'MiniStack does not enforce key policies';
const NO_ALARMS = 'MiniStack ignores the dimensions of alarms';
const NO_SERVICE = "MiniStack's answer says nothing about AWS";

export const ASSUMPTIONS = {
  defaultTier: {
    question: "The account's default tier for parameters",
    assumed: 'Standard, Advanced or Intelligent-Tiering: every write names its tier',
    notOnEmulator: NO_SERVICE,
  },
  claimTier: {
    question: 'The tier of the claim parameter',
    assumed: 'Standard, whatever the default tier is',
    notOnEmulator: NO_TIERS,
  },
  sameStackReader: {
    question: 'The key policy names a consumer of the same stack by its ARN, before KMS knows the role',
    assumed: 'KMS accepts the policy, and the consumer reads the token',
    notOnEmulator: NO_KEY_POLICY,
  },
  tagOnRole: {
    question: 'The key policy knows a consumer of another stack by a tag on its role',
    assumed: 'The consumer reads the token',
    notOnEmulator: NO_KEY_POLICY,
  },
  noGrant: { question: 'A role without any grant', assumed: 'It reads nothing' },
  onlyIam: {
    question: 'A role that IAM allows everything, but that the key policy does not name',
    assumed: 'It reads nothing',
    notOnEmulator: NO_KEY_POLICY,
  },
  claim: {
    question: 'Mints after 100 parallel reports of one rejected token (10 on an emulator)',
    assumed: '1, and no report fails',
  },
  eventAge: {
    question: 'How long Lambda keeps a check that is throttled (MaximumEventAgeInSeconds)',
    assumed: 'At most checkEvery, 60 s; without a limit, AWS keeps it for 6 hours',
    notOnEmulator: NO_SERVICE,
  },
  tierChange: {
    question: 'A token parameter changes from standard to advanced, and AWS RAM shares it',
    assumed: 'The next write changes the tier, and the share is created',
    notOnEmulator: 'MiniStack has no AWS RAM and no tiers',
  },
  standardOverAdvanced: {
    question: 'A standard write to an advanced parameter',
    assumed: 'Rejected',
    notOnEmulator: NO_TIERS,
  },
  sizes: {
    question: 'Intelligent-Tiering with 5 KB and with 9 KB',
    assumed: 'The first becomes an advanced parameter, the second is rejected',
    notOnEmulator: NO_TIERS,
  },
  unknownKey: {
    question: 'A SecureString under a key that does not exist',
    assumed: 'Rejected with InvalidKeyId',
    notOnEmulator: NO_TIERS,
  },
  typeChange: {
    question: 'A String overwritten with Type SecureString',
    assumed: "Accepted, although the API's page forbids it",
    notOnEmulator: NO_SERVICE,
  },
  overwriteWithoutType: {
    question: 'A SecureString overwritten without a Type',
    assumed: 'Never relied on: every write names its type',
    notOnEmulator: NO_SERVICE,
  },
  remainingTime: {
    question: "Remaining time in a function's context, with a timeout of 20 s",
    assumed: 'At most 20 s',
    notOnEmulator: NO_SERVICE,
  },
  nodeVersion: {
    question: 'The version of Node.js for nodejs24.x',
    assumed: 'v24',
    notOnEmulator: 'MiniStack runs the first node in its PATH',
  },
  quietStart: {
    question: 'TokenExpiring during the first deployment',
    assumed: 'Does not fire',
    notOnEmulator: NO_ALARMS,
  },
  failingFires: {
    question: 'Time until RefreshFailing and Throttled fire while the endpoint answers 429',
    assumed: 'Both fire, after 2 or 3 failed checks and the delay of CloudWatch',
    notOnEmulator: NO_ALARMS,
  },
  failingRecovers: {
    question: 'Time until both recover',
    assumed: 'Both recover without intervention',
    notOnEmulator: NO_ALARMS,
  },
  missingPeriods: {
    question: 'Missing periods until TokenExpiring fires after the schedule has stopped',
    assumed: '3 or 4 periods of 2 minutes, and at most 3 minutes of delay',
    notOnEmulator: NO_ALARMS,
  },
  silenceRecovers: {
    question: 'Time until TokenExpiring recovers after the schedule has started again',
    assumed: 'A check and the delay of CloudWatch',
    notOnEmulator: NO_ALARMS,
  },
  throttledEvents: {
    question: 'Asynchronous events while the function is throttled',
    assumed: 'Queued until their age limit',
    neverAsked: 'it would block the account for minutes; the age limit itself is above',
  },
  secretKey: {
    question: 'A secret under an imported customer-managed key',
    assumed: "Needs kms:Decrypt in the function's role",
    neverAsked: "the run's secret uses the key aws/secretsmanager",
  },
  lambdaKey: {
    question: 'A role that is deleted and created again under its name',
    assumed: "The function cannot decrypt its environment: the key's grant names the former role's id",
    neverAsked: 'it would break a deployed function on purpose; doctor explains the repair',
  },
} as const satisfies Record<string, Assumption>;

export type AssumptionId = keyof typeof ASSUMPTIONS;
