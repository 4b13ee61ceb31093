/** Shows the server's validation errors at the fields of a form. */

import type { FieldValues, Path, UseFormSetError } from "react-hook-form";
import { toApiError } from "~/services/api/errors";

/**
 * Return the error if none of its fields is in the form, otherwise null. `fieldNames` maps the
 * server's field names to those of the form.
 */
export function showFieldErrors<Form extends FieldValues>(
  setError: UseFormSetError<Form>,
  thrown: unknown,
  fieldNames: Readonly<Record<string, Path<Form>>>,
): unknown {
  const errors = Object.entries(toApiError(thrown).fields).flatMap(([name, message]) =>
    fieldNames[name] ? [{ field: fieldNames[name], message: toSentence(message) }] : [],
  );
  for (const { field, message } of errors) {
    setError(field, { message }, { shouldFocus: field === errors[0]?.field });
  }
  return errors.length > 0 ? null : thrown;
}

const toSentence = (message: string): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? "" : "."}`;
