import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { Link, useSearchParams } from "react-router";
import { Button } from "~/components/buttons/Button";
import { Callout } from "~/components/feedback/Callout";
import { ErrorNote } from "~/components/feedback/ErrorState";
import { Field } from "~/components/forms/Field";
import { PasswordInput } from "~/components/forms/PasswordInput";
import { TextInput } from "~/components/forms/TextInput";
import { useAuth } from "~/context/AuthContext";
import { AuthLayout } from "./AuthLayout";

interface Credentials {
  username: string;
  password: string;
}

const REQUIRED = "This is required.";

export default function LoginPage() {
  const { signIn, endReason } = useAuth();
  const [search] = useSearchParams();
  const [error, setError] = useState<unknown>(null);
  const { register, handleSubmit, formState } = useForm<Credentials>();
  const { errors, isSubmitting } = formState;
  useEffect(() => {
    document.title = "Sign in · ML Deployment Platform";
  }, []);
  const submit = handleSubmit(async ({ username, password }) => {
    setError(null);
    await signIn(username.trim(), password).catch(setError);
  });
  return (
    <AuthLayout
      title="Sign in"
      text="To your models and their history."
      alternative={
        <>
          New here?{" "}
          <Link
            to={{ pathname: "/register", search: search.toString() }}
            className="font-medium text-accent underline underline-offset-4"
          >
            Create an account
          </Link>
        </>
      }
    >
      <form onSubmit={submit} noValidate className="flex flex-col gap-5">
        <Field label="Username or e-mail" error={errors.username?.message}>
          <TextInput
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            {...register("username", { required: REQUIRED })}
          />
        </Field>
        <Field label="Password" error={errors.password?.message}>
          <PasswordInput
            autoComplete="current-password"
            {...register("password", { required: REQUIRED })}
          />
        </Field>
        {endReason === "expired" && error === null && (
          <Callout tone="warn">
            Your session has ended: it was signed out elsewhere, or it expired. Sign in to continue.
          </Callout>
        )}
        {error !== null && <ErrorNote error={error} />}
        <Button type="submit" variant="primary" isBusy={isSubmitting}>
          Sign in
        </Button>
      </form>
    </AuthLayout>
  );
}
