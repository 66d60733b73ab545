/** Files of what was done for the key customer of the registry, one of each kind that needs no supply source. */
export const DOSSIER_FILES: Readonly<Record<string, string>> = {
  'patrols.csv':
    'key_customer,id,at,occasion,found\nK1,P1,2026-11-19T08:00:00+08:00,storm,"配电房通风正常, 无渗漏"\n',
  'drills.csv':
    'key_customer,id,at,scenario,minutes,passed\nK1,D1,2026-11-19T08:00:00+08:00,双电源同时失电,40,true\n',
  'hazards.csv':
    'key_customer,id,at,what,level,notified,due,withdrawn\nK1,H1,1795046400000,电缆沟积水,serious,,2026-12-20T00:00:00+08:00,false\n'
}
