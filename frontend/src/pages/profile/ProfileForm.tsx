import { useState } from "react";
import { useForm } from "react-hook-form";
import { Button } from "~/components/buttons/Button";
import { ErrorNote } from "~/components/feedback/ErrorState";
import { toast } from "~/components/feedback/toasts";
import { Field } from "~/components/forms/Field";
import { showFieldErrors } from "~/components/forms/fieldErrors";
import { TextInput } from "~/components/forms/TextInput";
import type { User } from "~/context/AuthContext";
import { client, refetch } from "~/services/api/client";

interface Profile {
  email: string;
  full_name: string;
}

export function ProfileForm({ user }: { user: User }) {
  const [error, setError] = useState<unknown>(null);
  const {
    register,
    handleSubmit,
    setError: setFieldError,
    formState,
  } = useForm<Profile>({
    values: { email: user.email, full_name: user.full_name ?? "" },
  });
  const { errors, isDirty, isSubmitting } = formState;
  const submit = handleSubmit(async ({ email, full_name }) => {
    setError(null);
    try {
      await client.PUT("/api/v1/auth/me", {
        body: { email: email.trim(), full_name: full_name.trim() },
      });
      await refetch("/api/v1/auth/me");
      toast({ text: "Your profile is saved.", tone: "success" });
    } catch (thrown) {
      setError(showFieldErrors(setFieldError, thrown, { email: "email", full_name: "full_name" }));
    }
  });
  return (
    <form onSubmit={submit} noValidate className="flex max-w-md flex-col gap-5">
      <Field label="Full name" isOptional error={errors.full_name?.message}>
        <TextInput autoComplete="name" {...register("full_name")} />
      </Field>
      <Field label="E-mail" error={errors.email?.message}>
        <TextInput
          type="email"
          autoComplete="email"
          {...register("email", {
            validate: (email) => email.includes("@") || "This is not an e-mail address.",
          })}
        />
      </Field>
      {error !== null && <ErrorNote error={error} />}
      <Button type="submit" className="self-start" disabled={!isDirty} isBusy={isSubmitting}>
        Save
      </Button>
    </form>
  );
}
