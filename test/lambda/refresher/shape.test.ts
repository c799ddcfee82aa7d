import { expect, test } from 'vitest';
import { shapeOf, shapeOfText, typeOf } from '../../../lambda/refresher/shape.ts';

test.for<[unknown, string]>([
  [undefined, 'missing'],
  [null, 'null'],
  [[], 'an array'],
  [{}, 'an object'],
  ['x', 'a string'],
  [1, 'a number'],
  [true, 'a boolean'],
])('the type of %j is named "%s"', ([value, name]) => {
  expect(typeOf(value)).toBe(name);
});

test.for<[unknown, string]>([
  ['', 'an empty string'],
  ['x', 'a string of 1 character'],
  ['xy', 'a string of 2 characters'],
  [0, '0'],
  [-0.5, 'a negative number'],
  [Number.POSITIVE_INFINITY, 'a number beyond all bounds'],
  [Number.NEGATIVE_INFINITY, 'a negative number'],
  [0.5, 'a number below 1'],
  [1, 'a number of 1 digit'],
  [9.9, 'a number of 1 digit'],
  [10, 'a number of 2 digits'],
  [3600, 'a number of 4 digits'],
  [[], 'an array'],
  [null, 'null'],
  [false, 'a boolean'],
])('%j is described as "%s"', ([value, shape]) => {
  expect(shapeOf(value)).toBe(shape);
});

test.for<[string, string]>([
  ['', 'empty text'],
  [' \n', 'empty text'],
  ['null', 'null'],
  ['"x"', 'a JSON string'],
  [' 5 ', 'a JSON number'],
  ['true', 'a JSON boolean'],
  ['[1]', 'a JSON array'],
  ['{}', 'a JSON object'],
  ['"{}"', 'a JSON string that holds a JSON object'],
  ['"[]"', 'a JSON string'],
  ['["{}"]', 'a JSON array'],
  ['{a', 'invalid JSON'],
  ['[a', 'invalid JSON'],
  ['x{', 'plain text'],
  ['<!DOCTYPE html>', 'HTML'],
  ['<!doctype   html>', 'HTML'],
  ['<HTML lang="en">', 'HTML'],
  ['<head>', 'HTML'],
  ['<body>', 'HTML'],
  ['\uFEFF <html>', 'HTML'],
  ['<header>', 'XML'],
  ['<?xml version="1.0"?><html>', 'XML'],
  ['a < b', 'plain text'],
  ['-----BEGIN PRIVATE KEY-----', 'a PEM block'],
  ['x -----BEGIN PRIVATE KEY-----', 'plain text'],
  ['eyJhbGciOiJub25l_-.x', 'a JWT'],
  ['x eyJh.x', 'plain text'],
  ['eyJh', 'plain text'],
  ['a=b', 'text with names and values'],
  ['a.b-c=d%20e&f=', 'form data'],
  ['a=b&cd=efg&h=i', 'form data'],
  ['a=b&c', 'text with names and values'],
  ['a=b c', 'text with names and values'],
  ['x a=b', 'plain text'],
  ['x a=b&c=d', 'plain text'],
  ['a=b&c=d x', 'text with names and values'],
  ['export A=b c', 'text with names and values'],
  ['a-b.c: d', 'text with names and values'],
  ['a  = b', 'text with names and values'],
  ['a:b', 'plain text'],
  ['two words: x', 'plain text'],
  ['plain', 'plain text'],
])('the text %j is described as "%s"', ([text, shape]) => {
  expect(shapeOfText(text)).toBe(shape);
});
