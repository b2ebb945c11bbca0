import { describe, expect, it } from 'vitest';
import {
  asciiOnly,
  lower,
  parseAsciiInteger,
  parseInteger,
  splitLines,
  splitWords,
  strip,
  stripAscii,
} from './python2-text.ts';

/** All characters of the Basic Multilingual Plane for which `test` holds, in hex. */
const charactersWith = (test: (character: string) => boolean): string[] =>
  Array.from({ length: 0x10000 }, (_, point) => String.fromCharCode(point))
    .filter(test)
    .map((character) => character.charCodeAt(0).toString(16));

describe('the text functions give what Python 2.7.18 gives', () => {
  // Printed by Python: [hex(i) for i in range(0x10000) if len((u'a' + unichr(i) + u'b').splitlines()) > 1]
  const lineEnds = ['a', 'b', 'c', 'd', '1c', '1d', '1e', '85', '2028', '2029'];
  // [hex(i) for i in range(0x10000) if unichr(i).isspace()]
  const spaces = ['9', 'a', 'b', 'c', 'd', '1c', '1d', '1e', '1f', '20', '85', 'a0', '1680', '180e', '2000', '2001']
    .concat(['2002', '2003', '2004', '2005', '2006', '2007', '2008', '2009', '200a', '2028', '2029', '202f', '205f'])
    .concat(['3000']);

  it('in what ends a line', () => {
    expect(charactersWith((c) => splitLines(`a${c}b`).length > 1)).toEqual(lineEnds);
    expect(splitLines('a\r\nb\n\rc')).toEqual(['a', 'b', '', 'c']);
  });

  it('in what is white space', () => {
    expect(charactersWith((c) => strip(`${c}a b${c}`) === 'a b')).toEqual(spaces);
    expect(charactersWith((c) => splitWords(`a${c}b`).length > 1)).toEqual(spaces);
    expect(splitWords(' \x1f')).toEqual([]);
  });

  it('in what is white space of a byte string', () => {
    expect(charactersWith((c) => stripAscii(`${c}a b${c}`) === 'a b')).toEqual(['9', 'a', 'b', 'c', 'd', '20']);
  });

  it('in what has an ASCII letter as its lower case', () => {
    const notAscii = charactersWith((c) => c > '\x7f' && /^[\x00-\x7f]/.test(lower(c)));
    expect(notAscii.map((hex) => lower(String.fromCharCode(Number.parseInt(hex, 16))))).toEqual(['i', 'k']);
  });

  it.each([
    ['101', 101],
    ['+101', 101],
    ['-101', -101],
    ['0101', 101],
    ['\x1f 101 ', 101],
    ['１０１', 101],
    ['\u0661\u0660\u0661', 101],
    ['\u30001', 1],
    ['\u{1d7cf}\u{1d7ce}\u{1d7d9}', 101],
    ['+ 101', null],
    ['--101', null],
    ['101L', null],
    ['1_01', null],
    ['0x65', null],
    ['1e2', null],
    ['101\0', null],
    ['\xb9', null],
    ['', null],
    ['+', null],
  ])('in the integer %j', (text, value) => {
    expect(parseInteger(text)).toBe(value);
  });

  it.each([
    ['15', 15],
    [' 15 ', 15],
    ['+15', 15],
    ['-15', -15],
    ['015', 15],
    ['\x0b15', 15],
    ['\x1f15', null],
    ['1 5', null],
    ['15L', null],
    ['++15', null],
    ['15\0', null],
    ['', null],
    ['+', null],
  ])('in the integer of a byte string %j', (text, value) => {
    expect(parseAsciiInteger(text)).toBe(value);
  });

  it('in throwing for text that becomes a byte string and is not ASCII', () => {
    expect(asciiOnly('a\x7f', 'x')).toBe('a\x7f');
    expect(() => asciiOnly('é', 'the subprotocol')).toThrow(new TypeError('the subprotocol is not ASCII'));
  });
});
