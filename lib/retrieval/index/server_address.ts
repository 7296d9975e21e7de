/** The address of a PostgreSQL server. A file of its own, so that a task finds it without loading a database. */
import { InputError } from "../../errors.ts";

/**
 * Host and port of a server's address, and its description without the password.
 *
 * @throws {InputError} if it is no such address.
 */
export function serverOf(address: string): { host: string; place: string } {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === "" || url.username === "") {
    throw new InputError(
      "Cannot open the database as its address is not valid: expected postgres://user:password@host:port/database.",
    );
  }
  const host = `${url.hostname}:${url.port || 5432}`;
  return { host, place: `the database ${host}${url.pathname}` };
}
