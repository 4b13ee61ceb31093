import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { Link, useSearchParams } from "react-router";
import { Button } from "~/components/ui/Button";
import { ErrorNote } from "~/components/ui/ErrorState";
import { Field } from "~/components/ui/Field";
import { Note } from "~/components/ui/Note";
import { PasswordInput } from "~/components/ui/PasswordInput";
import { TextInput } from "~/components/ui/TextInput";
import { useAuth } from "~/context/AuthContext";
import { EntryFrame } from "./EntryFrame";

interface Credentials {
  username: string;
  password: string;
}

const REQUIRED = "This is needed.";

export default function LoginPage() {
  const { signIn, ending } = useAuth();
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
    <EntryFrame
      title="Sign in"
      text="To your models and what they did."
      other={
        <>
          New here?{" "}
          <Link
            to={{ pathname: "/register", search: search.toString() }}
            className="font-medium text-accent underline underline-offset-4"
          >
            Make an account
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
        {ending === "over" && error === null && (
          <Note tone="warn">
            Your session has ended: it was signed out elsewhere, or not used for long. Sign in to go
            on where you were.
          </Note>
        )}
        {error !== null && <ErrorNote error={error} />}
        <Button type="submit" look="primary" isBusy={isSubmitting}>
          Sign in
        </Button>
      </form>
    </EntryFrame>
  );
}
