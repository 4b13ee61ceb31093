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
        hint="What will use it, so that you know it again."
        error={errors.name?.message}
      >
        <TextInput
          placeholder="nightly"
          maxLength={NAME_LENGTH_MAX}
          {...register("name", { validate: (name) => name.trim() !== "" || "This is needed." })}
        />
      </Field>
      <Scopes form={form} />
      <div className="grid gap-5 sm:grid-cols-2">
        <Field
          label="Expires"
          error={watch("expiry") === "date" ? undefined : errors.date?.message}
          hint={watch("expiry") === "never" ? "Somebody has to remember to revoke it." : undefined}
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
            <TextInput type="date" {...register("date", { required: "Which day?" })} />
          </Field>
        )}
      </div>
      <Field
        label="Calls per minute"
        isOptional
        hint="A limit of its own, in force where it is the lower one."
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
    <fieldset aria-describedby={error ? "scopes-fault" : undefined}>
      <legend className="mb-1 text-sm font-medium">It may</legend>
      <div className="divide-y border-y">
        {SCOPES.map(({ scope, title, text }) => (
          <label key={scope} className="touchable flex items-baseline gap-3 py-2 hover:bg-sunken">
            <input
              type="checkbox"
              value={scope}
              className="size-4 shrink-0 translate-y-0.5 accent-accent"
              {...register("scopes", {
                validate: (scopes) => scopes.length > 0 || "One of them at least.",
              })}
            />
            <span className="w-16 shrink-0 font-medium">{title}</span>
            <span className="text-sm text-soft">{text}</span>
          </label>
        ))}
      </div>
      <p
        id="scopes-fault"
        className={error ? "mt-1 text-sm text-danger" : "mt-1 text-sm text-faint"}
      >
        {error ?? "Never more: no accounts, no keys, no administration."}
      </p>
    </fieldset>
  );
}
