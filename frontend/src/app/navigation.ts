/** The pages in the sidebar, the command palette and the keyboard shortcuts. */

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

export interface NavigationItem {
  path: string;
  label: string;
  icon: LucideIcon;
  /** Pressed after `g`. */
  key: string;
  isForAdmins?: boolean;
  /** Whether a phone's bottom bar shows it; the others are in its drawer. */
  isInBottomBar?: boolean;
}

export const NAVIGATION: readonly NavigationItem[] = [
  { path: "/", label: "Dashboard", icon: Gauge, key: "d", isInBottomBar: true },
  { path: "/models", label: "Models", icon: Boxes, key: "m", isInBottomBar: true },
  { path: "/upload", label: "Upload", icon: Upload, key: "u", isInBottomBar: true },
  { path: "/activity", label: "Activity", icon: Activity, key: "a", isInBottomBar: true },
  { path: "/api-keys", label: "API keys", icon: KeyRound, key: "k" },
  { path: "/profile", label: "Profile", icon: UserRound, key: "p" },
  { path: "/admin/users", label: "Users", icon: Users, key: "o", isForAdmins: true },
  { path: "/admin/system", label: "System", icon: Server, key: "s", isForAdmins: true },
];

export const itemForKey = (key: string): NavigationItem | undefined =>
  NAVIGATION.find((page) => page.key === key);
export const itemsFor = (isAdmin: boolean): readonly NavigationItem[] =>
  NAVIGATION.filter((page) => isAdmin || !page.isForAdmins);
