import { isUtf8 } from 'node:buffer';
import type { Check, FaultList } from './faults.ts';
import type { ClientFrame } from './frames.ts';

const DEFINED_CODES = new Set([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011]);

/**
 * Returns the close code with which a random server refuses a frame. Returns null if the frame is correct, or if a
 * fault of the server leaves out the check.
 */
export function refusal(
  { opcode, fin, rsv, payload }: ClientFrame,
  state: { inMessage: boolean; compressed: boolean },
  faults: FaultList,
): number | null {
  const checks = (check: Check): boolean => !faults.all('lenient').some(({ without }) => without.includes(check));
  const isControl = opcode > 7;
  const marksCompression = state.compressed && rsv === 4 && !isControl;
  if (checks('reserved bits') && rsv !== 0 && !marksCompression) return 1002;
  if (checks('opcodes') && ((opcode > 2 && opcode < 8) || opcode > 10)) return 1002;
  if (checks('control frames') && isControl && (!fin || payload.length > 125)) return 1002;
  if (checks('order') && !isControl && (opcode === 0) !== state.inMessage) return 1002;
  return null;
}

/**
 * Returns the body of the Close frame that answers a received Close frame: the same code, or the code for what is wrong
 * with the received body.
 */
export function closeAnswer(body: Buffer, faults: FaultList): Buffer {
  if (body.length === 0) return body;
  if (body.length === 1) return codeBody(1002);
  const code = body.readUInt16BE(0);
  const isChecked = !faults.all('lenient').some(({ without }) => without.includes('close codes'));
  const isLegal = DEFINED_CODES.has(code) || (code >= 3000 && code < 5000);
  if (isChecked && !isLegal) return codeBody(1002);
  return isUtf8(body.subarray(2)) ? body.subarray(0, 2) : codeBody(1007);
}

/** Makes the body of a Close frame with a code and no reason. */
export function codeBody(code: number): Buffer {
  const body = Buffer.alloc(2);
  body.writeUInt16BE(code);
  return body;
}

/** Checks the UTF-8 of one text message, frame by frame. */
export class TextCheck {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  /**
   * Takes the next bytes. Returns whether they can be a part of valid UTF-8. With `isEnd`, also returns false for an
   * incomplete last character.
   */
  push(bytes: Buffer, isEnd: boolean): boolean {
    try {
      this.#decoder.decode(bytes, { stream: !isEnd });
      return true;
    } catch {
      return false;
    }
  }
}
