/** Reads the list in a large JSON file element by element, since a parsed file takes several times its size. */
import { InputError, messageOf } from "../errors.ts";
import { listField, unixText } from "./index_files.ts";

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [...'"\\[]{}'].map((sign) => sign.charCodeAt(0));
/** Characters outside of the elements. */
const MAX_REST = 10_000_000;
/** Characters before a list in which its key must be. */
const KEY_LENGTH = 200;

/**
 * The objects in the list that a field of the file's object holds: of `{"data": [{...}, {...}]}` and `data`, two.
 *
 * @throws {InputError} if the file is missing, too large, not JSON, or has no such list; possibly after some elements.
 */
export async function* jsonElements(file: string, field: string): AsyncGenerator<unknown> {
  const parse = (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new InputError(`Cannot read '${file}' as it is not JSON: ${messageOf(error)}. Fetch it again.`);
    }
  };
  const isKey = new RegExp(`"${field}"\\s*:\\s*$`);
  let rest = "", element = ""; // what is outside of the elements, each of which is 0 there; the element in progress
  let depth = 0, inText = false, escaped = false, inList = false, count = 0;
  for await (const piece of unixText(file)) {
    let from = 0;
    for (let i = 0; i < piece.length; i++) {
      const sign = piece.charCodeAt(i);
      if (inText) {
        if (escaped) escaped = false;
        else if (sign === BACKSLASH) escaped = true;
        else if (sign === QUOTE) inText = false;
      } else if (sign === QUOTE) inText = true;
      else if (sign === OPEN || sign === OPEN_LIST) {
        depth++;
        if (depth === 2) inList = sign === OPEN_LIST && isKey.test((rest + piece.slice(from, i)).slice(-KEY_LENGTH));
        else if (depth === 3 && inList) {
          rest += piece.slice(from, i);
          from = i;
        }
      } else if (sign === CLOSE || sign === CLOSE_LIST) {
        depth--;
        if (depth !== 2 || !inList) continue;
        element += piece.slice(from, i + 1);
        from = i + 1;
        yield parse(element);
        [element, rest] = ["", `${rest}0`];
        count++;
      }
    }
    if (depth > 2 && inList) element += piece.slice(from);
    else rest += piece.slice(from);
    if (rest.length > MAX_REST) throw noList(file, field);
  }
  if (listField(parse(rest + element), field, file).length !== count) throw noList(file, field);
}

function noList(file: string, field: string): InputError {
  return new InputError(`Cannot read ${file} as '${field}' must be a list of objects. Fetch it again.`);
}
