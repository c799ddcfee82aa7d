import { beforeEach, inject } from 'vitest';

interface Difference {
  readonly clouds: readonly ('MiniStack' | 'moto')[];
  /** Name of the test that fails on these clouds. */
  readonly test: string;
  readonly does: string;
  /** The AWS page that documents what the test expects. */
  readonly source: string;
}

const PARAMETER_STORE = 'https://docs.aws.amazon.com/systems-manager/latest';
const PUT_PARAMETER = `${PARAMETER_STORE}/APIReference/API_PutParameter.html`;
const TIERS = `${PARAMETER_STORE}/userguide/parameter-store-advanced-parameters.html`;
const CREATE_SECRET = 'https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html';

const BOTH = ['MiniStack', 'moto'] as const;
const emptySecret = {
  clouds: ['MiniStack'],
  does: 'gives an empty secret a version',
  source: CREATE_SECRET,
} as const;

/**
 * How MiniStack 1.5.33 and moto 5.2.5 differ from the documentation of AWS. The tests expect what AWS documents, so these
 * tests must fail. If one of them passes, remove it from the table.
 */
const DIFFERENCES: readonly Difference[] = [
  {
    clouds: ['moto'],
    test: 'returns the plain value of a SecureString only with decryption',
    does: 'prefixes the value with the key id, and leaves it readable',
    source: 'https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html',
  },
  {
    clouds: BOTH,
    test: 'moves to the advanced tier above 4 KB and stays there',
    does: 'returns the requested tier, and accepts every change of it',
    source: TIERS,
  },
  { clouds: BOTH, test: 'refuses another type', does: 'changes the type', source: PUT_PARAMETER },
  { clouds: BOTH, test: 'refuses more than 8 KB', does: 'accepts it', source: TIERS },
  { clouds: BOTH, test: 'refuses more than 4 KB in the standard tier', does: 'accepts it', source: TIERS },
  {
    clouds: ['MiniStack'],
    test: 'refuses tags for a parameter that does not exist',
    does: 'accepts them',
    source: `${PARAMETER_STORE}/APIReference/API_AddTagsToResource.html`,
  },
  { clouds: ['MiniStack'], test: 'refuses an empty value', does: 'accepts it', source: PUT_PARAMETER },
  { clouds: BOTH, test: 'refuses a malformed key id', does: 'accepts it', source: PUT_PARAMETER },
  {
    clouds: ['MiniStack'],
    test: 'keeps the latest hundred versions',
    does: 'keeps all versions',
    source: `${PARAMETER_STORE}/userguide/sysman-paramstore-versions.html`,
  },
  { ...emptySecret, test: 'lists no version of an empty secret' },
  { ...emptySecret, test: 'leaves a foreign value without tags while the secret is empty' },
  {
    ...emptySecret,
    test: 'replaces a foreign value when forced, once the stack exists without a token',
  },
];

const cloud = inject('aws');
const expected = new Set(
  DIFFERENCES.filter(({ clouds }) => clouds.some((name) => name === cloud)).map(({ test }) => test),
);

beforeEach(({ task }) => {
  // The same as `test.fails`: the tests themselves do not know which cloud they run on.
  if (expected.has(task.name)) Object.assign(task, { fails: true });
});
