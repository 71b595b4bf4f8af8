/** «Профиль мощности» (manual, chapter 3.5): the half hours of a point, with their quality and their gaps. */
import "./profile.css";
import { useLingui } from "@lingui/react/macro";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { usePoint } from "../../shared/api/points";
import { localDay } from "../../shared/time/zone";
import { Block } from "../../shared/ui/Block";
import { QueryBlock } from "../../shared/ui/states";
import { ProfilePanel } from "./ProfilePanel";
import { type ProfileSearch, viewOf } from "./view";

const ROUTE = "/signed-in/contracts/$contractId/points/$pointId/profile";

export function ProfileTab() {
  const { t } = useLingui();
  const { pointId } = useParams({ from: ROUTE });
  const search = useSearch({ from: ROUTE });
  const navigate = useNavigate({ from: "/contracts/$contractId/points/$pointId/profile" });
  const point = usePoint(pointId);
  const change = (changes: ProfileSearch) =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  return (
    <Block title={t`Профиль мощности`}>
      <QueryBlock query={point} height={520}>
        {({ time_zone: zone, passport }) => (
          <ProfilePanel
            pointId={pointId}
            zone={zone}
            limitW={passport.power_limit_w}
            view={viewOf(search, localDay(Date.now(), zone))}
            onChange={change}
          />
        )}
      </QueryBlock>
    </Block>
  );
}
