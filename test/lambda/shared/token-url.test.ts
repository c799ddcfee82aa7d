import { expect, test, vi } from 'vitest';
import { tokenUrlProblem } from '../../../lambda/shared/token-url.ts';

test.for([
  'https://auth.example.com/token',
  'https://auth.example.com/token?tenant=acme',
  'http://localhost:1/t',
  'http://127.0.0.1:1/t',
  'http://127.255.0.10/t',
  'http://[::1]:1/t',
])('%s can be a token URL', (url) => {
  expect(tokenUrlProblem(url)).toBeUndefined();
});

test.for<[string, RegExp]>([
  ['auth.example.com/token', /not an absolute URL/],
  ['https://user@auth.example.com/token', /holds credentials/],
  ['https://:password@auth.example.com/token', /holds credentials/],
  ['https://auth.example.com/token?client_secret=s', /query holds credentials/],
  ['https://auth.example.com/token?client_assertion=s', /query holds credentials/],
  ['https://auth.example.com/token#part', /fragment/],
  ['http://auth.example.com/token', /only https:/],
  ['http://127.0.0.1.example.com/token', /only https:/],
  ['http://example.127.0.0.1.nip.io/token', /only https:/],
  ['http://128.0.0.1/token', /only https:/],
  ['http://localhost.example.com/token', /only https:/],
  ['ftp://localhost/token', /only https:/],
])('%s cannot be a token URL, and the problem says why', ([url, problem]) => {
  expect(tokenUrlProblem(url)).toMatch(problem);
});

test('a token URL is checked on Node.js 20 too, which has no URL.parse', () => {
  vi.spyOn(URL, 'parse').mockImplementation(() => {
    throw new TypeError('URL.parse is not a function');
  });
  expect(tokenUrlProblem('https://auth.example.com/token')).toBeUndefined();
  vi.restoreAllMocks();
});
