import type { UseFormReturn } from "react-hook-form";
import { Field } from "~/components/forms/Field";
import { Select } from "~/components/forms/Select";
import { TextInput } from "~/components/forms/TextInput";
import { type ApiKeyForm, EXPIRIES, SCOPES } from "./apiKeyForm";

const NAME_LENGTH_MAX = 100;
const CALLS_MAX = 1_000_000;

export function KeyFields({ form }: { form: UseFormReturn<ApiKeyForm> }) {
  const { register, watch, formState } = form;
  const { errors } = formState;
  return (
    <>
      <Field
        label="Name"
        hint="For example the program that will use it."
        error={errors.name?.message}
      >
        <TextInput
          placeholder="nightly"
          maxLength={NAME_LENGTH_MAX}
          {...register("name", { validate: (name) => name.trim() !== "" || "This is required." })}
        />
      </Field>
      <Scopes form={form} />
      <div className="grid gap-5 sm:grid-cols-2">
        <Field
          label="Expires"
          error={watch("expiry") === "date" ? undefined : errors.date?.message}
          hint={watch("expiry") === "never" ? "It is valid until it is revoked." : undefined}
        >
          <Select {...register("expiry")}>
            {EXPIRIES.map(({ expiry, title }) => (
              <option key={expiry} value={expiry}>
                {title}
              </option>
            ))}
          </Select>
        </Field>
        {watch("expiry") === "date" && (
          <Field label="Last day" error={errors.date?.message}>
            <TextInput type="date" {...register("date", { required: "A date is required." })} />
          </Field>
        )}
      </div>
      <Field
        label="Calls per minute"
        isOptional
        hint="A limit for this key only; the lower of all limits applies."
        error={errors.callsPerMinute?.message}
      >
        <TextInput
          inputMode="numeric"
          className="sm:max-w-40"
          {...register("callsPerMinute", {
            validate: (text) =>
              text === "" ||
              (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= CALLS_MAX) ||
              "A whole number from 1 to a million.",
          })}
        />
      </Field>
    </>
  );
}

function Scopes({ form: { register, formState } }: { form: UseFormReturn<ApiKeyForm> }) {
  const error = formState.errors.scopes?.message;
  return (
    <fieldset aria-describedby={error ? "scopes-error" : undefined}>
      <legend className="mb-1 text-sm font-medium">Rights</legend>
      <div className="divide-y border-y">
        {SCOPES.map(({ scope, title, text }) => (
          <label key={scope} className="touchable flex items-baseline gap-3 py-2 hover:bg-sunken">
            <input
              type="checkbox"
              value={scope}
              className="size-4 shrink-0 translate-y-0.5 accent-accent"
              {...register("scopes", {
                validate: (scopes) => scopes.length > 0 || "At least one is required.",
              })}
            />
            <span className="w-16 shrink-0 font-medium">{title}</span>
            <span className="text-sm text-soft">{text}</span>
          </label>
        ))}
      </div>
      <p
        id="scopes-error"
        className={error ? "mt-1 text-sm text-danger" : "mt-1 text-sm text-faint"}
      >
        {error ?? "A key never gives access to accounts, keys or administration."}
      </p>
    </fieldset>
  );
}
