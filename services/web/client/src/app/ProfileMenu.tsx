/** The user's name with its menu: «Профиль», language, «Выйти» (manual, chapters 2.4 and 3.4). */
import { Trans, useLingui } from "@lingui/react/macro";
import { Menu, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconLanguage, IconLogout, IconUser, IconUserCircle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useSyncExternalStore } from "react";
import { sessionUser, signOut, subscribeSession } from "../shared/api/session";
import { chooseLanguage, type Language } from "../shared/i18n/language";
import classes from "./ProfileMenu.module.css";

export function ProfileMenu() {
  const { i18n } = useLingui();
  const user = useSyncExternalStore(subscribeSession, sessionUser);
  const queryClient = useQueryClient();
  if (user === null) return null;
  const { full_name: fullName, email } = user;
  const other: Language = i18n.locale === "en" ? "ru" : "en";

  const switchLanguage = async () => {
    await chooseLanguage(other);
    // Some answers carry texts in the language of the request.
    await queryClient.invalidateQueries();
  };

  return (
    <Menu
      shadow="md"
      position="bottom-end"
      width={240}
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <UnstyledButton className={classes.target}>
          <IconUserCircle aria-hidden className={classes.icon} />
          <span className={classes.name}>{fullName === "" ? email : fullName}</span>
          <IconChevronDown size={16} aria-hidden className={classes.icon} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/profile" leftSection={<IconUser size={18} aria-hidden />}>
          <Trans>Профиль</Trans>
        </Menu.Item>
        <Menu.Item
          lang={other}
          leftSection={<IconLanguage size={18} aria-hidden />}
          onClick={() => void switchLanguage()}
        >
          {other === "en" ? "English" : "Русский"}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={18} aria-hidden />} onClick={() => void signOut()}>
          <Trans>Выйти</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
