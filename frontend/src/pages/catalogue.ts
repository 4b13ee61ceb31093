/** The pages that are found in the sidebar, the palette and by keys. */

import {
  Activity,
  Boxes,
  Gauge,
  KeyRound,
  type LucideIcon,
  Server,
  Upload,
  UserRound,
  Users,
} from "lucide-react";

export interface Page {
  path: string;
  label: string;
  icon: LucideIcon;
  /** Pressed after `g`. */
  key: string;
  isForAdmins?: boolean;
  /** Where it stands on a phone's bottom bar; the others are in its drawer. */
  isInBar?: boolean;
}

export const PAGES: readonly Page[] = [
  { path: "/", label: "Dashboard", icon: Gauge, key: "d", isInBar: true },
  { path: "/models", label: "Models", icon: Boxes, key: "m", isInBar: true },
  { path: "/upload", label: "Upload", icon: Upload, key: "u", isInBar: true },
  { path: "/activity", label: "Activity", icon: Activity, key: "a", isInBar: true },
  { path: "/api-keys", label: "API keys", icon: KeyRound, key: "k" },
  { path: "/profile", label: "Profile", icon: UserRound, key: "p" },
  { path: "/admin/users", label: "Users", icon: Users, key: "o", isForAdmins: true },
  { path: "/admin/system", label: "System", icon: Server, key: "s", isForAdmins: true },
];

export const pageOfKey = (key: string): Page | undefined => PAGES.find((page) => page.key === key);
export const pagesFor = (isAdmin: boolean): readonly Page[] =>
  PAGES.filter((page) => isAdmin || !page.isForAdmins);
