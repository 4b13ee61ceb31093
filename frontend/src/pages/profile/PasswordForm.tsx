import { useState } from "react";
import { useForm } from "react-hook-form";
import { Button } from "~/components/buttons/Button";
import { ErrorNote } from "~/components/feedback/ErrorState";
import { toast } from "~/components/feedback/toasts";
import { Field } from "~/components/forms/Field";
import { showFieldErrors } from "~/components/forms/fieldErrors";
import { PasswordInput } from "~/components/forms/PasswordInput";
import type { User } from "~/context/AuthContext";
import { client, refetch } from "~/services/api/client";

interface Passwords {
  current: string;
  next: string;
}

const LENGTH_MIN = 8;
const FIELD_NAMES = {
  current_password: "current",
  new_password: "next",
  password: "next",
} as const;

export function PasswordForm({ user }: { user: User }) {
  const [error, setError] = useState<unknown>(null);
  const form = useForm<Passwords>({ defaultValues: { current: "", next: "" } });
  const { errors, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async ({ current, next }) => {
    setError(null);
    try {
      await client.POST("/api/v1/auth/password", {
        body: { current_password: current, new_password: next },
      });
      form.reset();
      await refetch("/api/v1/auth/sessions");
      toast({ text: "Your password is changed. All other sessions ended.", tone: "success" });
    } catch (thrown) {
      setError(showFieldErrors(form.setError, thrown, FIELD_NAMES));
    }
  });
  return (
    <form onSubmit={submit} noValidate className="flex max-w-md flex-col gap-5">
      {/* Tells password managers which account the password belongs to. */}
      <input type="text" autoComplete="username" value={user.username} readOnly hidden />
      <Field label="Current password" error={errors.current?.message}>
        <PasswordInput
          autoComplete="current-password"
          {...form.register("current", { required: "This is required." })}
        />
      </Field>
      <Field
        label="New password"
        hint={`${LENGTH_MIN} characters or more. No common password, no name that others know; all characters are allowed.`}
        error={errors.next?.message}
      >
        <PasswordInput
          autoComplete="new-password"
          {...form.register("next", {
            required: "This is required.",
            minLength: {
              value: LENGTH_MIN,
              message: `${LENGTH_MIN} characters or more are required.`,
            },
          })}
        />
      </Field>
      {error !== null && <ErrorNote error={error} />}
      <Button type="submit" className="self-start" isBusy={isSubmitting}>
        Change the password
      </Button>
    </form>
  );
}
