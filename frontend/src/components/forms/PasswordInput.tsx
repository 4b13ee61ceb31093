import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useState } from "react";
import { IconButton } from "~/components/buttons/IconButton";
import { TextInput } from "./TextInput";

/** A password field with a button that shows the password. */
export function PasswordInput(props: ComponentProps<"input">) {
  const [isShown, setShown] = useState(false);
  return (
    <span className="relative block">
      <TextInput {...props} type={isShown ? "text" : "password"} className="pr-12" />
      <span className="absolute inset-y-0 right-1 flex items-center">
        <IconButton
          icon={isShown ? EyeOff : Eye}
          label={isShown ? "Hide the password" : "Show the password"}
          aria-pressed={isShown}
          onClick={() => setShown(!isShown)}
        />
      </span>
    </span>
  );
}
