import { useAnnouncement } from '../announcement.ts'

export function Announcer() {
  return (
    <p className="announcer" role="status">
      {useAnnouncement()}
    </p>
  )
}
