/** Puts what the server finds wrong to the fields of a form that it is about. */

import type { FieldValues, Path, UseFormSetError } from "react-hook-form";
import { refusalOfError } from "./problems";

/**
 * Gives what was thrown where it is about no field of the form, else null.
 * `names` says which field is what the server calls so.
 */
export function faultsTo<Form extends FieldValues>(
  setError: UseFormSetError<Form>,
  thrown: unknown,
  names: Readonly<Record<string, Path<Form>>>,
): unknown {
  const found = Object.entries(refusalOfError(thrown).fields).flatMap(([name, fault]) =>
    names[name] ? [{ field: names[name], message: sentence(fault) }] : [],
  );
  for (const { field, message } of found) {
    setError(field, { message }, { shouldFocus: field === found[0]?.field });
  }
  return found.length > 0 ? null : thrown;
}

const sentence = (fault: string): string =>
  `${fault.charAt(0).toUpperCase()}${fault.slice(1)}${/[.!?]$/.test(fault) ? "" : "."}`;
