import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { session } from './api.ts'

export const sessionQuery = queryOptions({
  queryKey: ['GET /bff/session'],
  queryFn: ({ signal }) => session.with({ signal })('GET /bff/session'),
  staleTime: 60_000,
})

export const useSession = () => useQuery(sessionQuery)

/** Undefined until the session has loaded. */
export const useSignedIn = (): boolean | undefined => useSession().data?.authenticated

/** The sign-in URL that returns to `path`. */
export function signInUrl(path: string, loginUrl = '/bff/login'): string {
  const [at, asked] = loginUrl.split('?')
  const query = new URLSearchParams(asked)
  query.set('returnUrl', path)
  return `${at}?${query}`
}

export function useSignOut() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => session('POST /bff/logout'),
    onSuccess: ({ endSessionUrl }) => {
      client.clear()
      window.location.assign(endSessionUrl ?? '/')
    },
  })
}
