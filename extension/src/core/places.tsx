/** Image and hardware profile from the catalogue; what cannot be chosen is shown with the reason. */
import * as React from 'react';
import { SelectField } from './form';
import { LiveView } from './states';
import type { Catalogue, Problem } from './types';
import { useLive } from './live';
import { useWorkbench } from './workbench';

export interface IPlace {
  image: string;
  profile: string;
}

interface IPlaceFieldsProps {
  value: IPlace;
  onChange(value: IPlace): void;
  problem?: Problem;
}

function reasoned(title: string, available: boolean, reason: string): string {
  return available ? title : `${title}: ${reason}`;
}

export function PlaceFields({ value, onChange, problem }: IPlaceFieldsProps): React.ReactElement {
  const { api, trans } = useWorkbench();
  const live = useLive('catalogue', () => api.get<Catalogue>('catalogue'), { interval: 0 });
  return (
    <LiveView live={live}>
      {catalogue => {
        const image = catalogue.images.find(card => card.id === (value.image || catalogue.default.image));
        const profiles = catalogue.profiles.filter(
          card => !image?.profiles.length || image.profiles.includes(card.id)
        );
        return (
          <div className="nb-field-row">
            <SelectField
              label={trans.__('Image')}
              name="image"
              problem={problem}
              value={value.image}
              options={[
                { value: '', label: trans.__('Default') },
                ...catalogue.images.map(card => ({
                  value: card.id,
                  label: reasoned(`${card.title} ${card.version}`, card.available, card.reason),
                  disabled: !card.available
                }))
              ]}
              onChange={chosen => onChange({ ...value, image: chosen })}
            />
            <SelectField
              label={trans.__('Hardware profile')}
              name="profile"
              problem={problem}
              value={value.profile}
              options={[
                { value: '', label: trans.__('Default') },
                ...profiles.map(card => ({
                  value: card.id,
                  label: reasoned(
                    card.free ? `${card.title} (${card.free})` : card.title,
                    card.available,
                    card.reason
                  ),
                  disabled: !card.available
                }))
              ]}
              onChange={chosen => onChange({ ...value, profile: chosen })}
            />
          </div>
        );
      }}
    </LiveView>
  );
}
