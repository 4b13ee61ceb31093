import { useEffect, useState } from "react";
import { type FieldErrors, useForm } from "react-hook-form";
import { Link, useSearchParams } from "react-router";
import { Button } from "~/components/buttons/Button";
import { ErrorNote } from "~/components/feedback/ErrorState";
import { Field } from "~/components/forms/Field";
import { PasswordInput } from "~/components/forms/PasswordInput";
import { TextInput } from "~/components/forms/TextInput";
import { useAuth } from "~/context/AuthContext";
import { toApiError } from "~/services/api/errors";
import { AuthLayout } from "./AuthLayout";

interface Account {
  username: string;
  email: string;
  full_name: string;
  password: string;
}

const FIELDS: readonly string[] = ["username", "email", "full_name", "password"];
const isField = (error: [string, string]): error is [keyof Account, string] =>
  FIELDS.includes(error[0]);
const PASSWORD_MIN = 8;
const REQUIRED = "This is required.";

export default function RegisterPage() {
  const { signUp } = useAuth();
  const [search] = useSearchParams();
  const [error, setError] = useState<unknown>(null);
  const form = useForm<Account>({ defaultValues: { full_name: "" } });
  useEffect(() => {
    document.title = "Create an account · ML Deployment Platform";
  }, []);
  const submit = form.handleSubmit(async (account) => {
    setError(null);
    try {
      await signUp({ ...account, full_name: account.full_name.trim() || null });
    } catch (thrown) {
      const errors = Object.entries(toApiError(thrown).fields).filter(isField);
      for (const [name, message] of errors) form.setError(name, { message });
      if (errors.length === 0) setError(thrown);
    }
  });
  return (
    <AuthLayout
      title="Create an account"
      text="Then upload a model, and call it."
      alternative={
        <>
          You have one?{" "}
          <Link
            to={{ pathname: "/login", search: search.toString() }}
            className="font-medium text-accent underline underline-offset-4"
          >
            Sign in
          </Link>
        </>
      }
    >
      <form onSubmit={submit} noValidate className="flex flex-col gap-5">
        <Fields register={form.register} errors={form.formState.errors} />
        {error !== null && <ErrorNote error={error} />}
        <Button type="submit" variant="primary" isBusy={form.formState.isSubmitting}>
          Create the account
        </Button>
      </form>
    </AuthLayout>
  );
}

interface FieldsProps {
  register: ReturnType<typeof useForm<Account>>["register"];
  errors: FieldErrors<Account>;
}

function Fields({ register, errors }: FieldsProps) {
  return (
    <>
      <Field label="Username" error={errors.username?.message}>
        <TextInput
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          {...register("username", {
            required: REQUIRED,
            validate: (name) => !name.includes("@") || "A username must not contain @.",
          })}
        />
      </Field>
      <Field label="E-mail" error={errors.email?.message}>
        <TextInput
          type="email"
          autoComplete="email"
          {...register("email", {
            required: REQUIRED,
            validate: (email) => email.includes("@") || "This is not an e-mail address.",
          })}
        />
      </Field>
      <Field label="Full name" isOptional error={errors.full_name?.message}>
        <TextInput autoComplete="name" {...register("full_name")} />
      </Field>
      <Field
        label="Password"
        hint={`${PASSWORD_MIN} characters or more, not a common password.`}
        error={errors.password?.message}
      >
        <PasswordInput
          autoComplete="new-password"
          {...register("password", {
            required: REQUIRED,
            minLength: {
              value: PASSWORD_MIN,
              message: `${PASSWORD_MIN} characters or more are required.`,
            },
          })}
        />
      </Field>
    </>
  );
}
