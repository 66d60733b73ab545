/** What the page of an incident and the list of alarms have beside the look of the live page. */
export const INCIDENT_STYLE = `
.incident h2+*{margin-top:10px}
.incident .panel>*+h2,.incident .panel>div+div{margin-top:22px}
.halves{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:16px}
.headline{display:flex;align-items:baseline;gap:8px 14px;flex-wrap:wrap;font-size:24px}
.headline b{font-weight:500}
.headline small{color:var(--soft);font-size:13px}
.pill{white-space:nowrap;border:1px solid currentColor;border-radius:99px;padding:1px 12px;font-size:13px;color:var(--soft)}
.pill.open,.pill.updated,.pill.firing{color:var(--red)}
.pill.suspected,.pill.shelved{color:var(--amber)}
.pill.restored,.pill.closed,.pill.acknowledged{color:var(--green)}
.sheet{display:grid;grid-template-columns:1fr 1fr;gap:10px 20px}
.sheet dt{color:var(--soft);font-size:12.5px}
.sheet b{font-weight:500}
.sheet small{color:var(--soft)}
.reasons{display:grid;gap:5px;font-size:14px}
.reasons li{display:flex;gap:10px;align-items:baseline}
.reasons small{flex:none;min-width:4em;font-size:12px;color:var(--green)}
.reasons .against small{color:var(--amber)}
.steps{display:grid;gap:8px;font-size:13.5px}
.steps li{display:grid;grid-template-columns:auto auto 1fr;gap:2px 12px;align-items:baseline}
.steps time{color:var(--soft);white-space:nowrap}
.steps b{font-weight:500}
.steps span{color:var(--soft);overflow-wrap:anywhere}
.steps .refused small{color:var(--amber)}
.points{display:flex;flex-wrap:wrap;gap:4px 12px;font-size:13px}
.decide{display:grid;grid-template-columns:1fr 1fr 1fr;gap:10px 14px;align-items:start;align-content:start}
.decide label{display:grid;gap:3px}
.decide label span{color:var(--soft);font-size:12.5px}
.decide .wide,.decide .buttons,.decide .said{grid-column:1/-1}
.decide input,.decide select{font:inherit;height:36px;color:inherit;background:var(--bg);border:1px solid var(--edge);border-radius:8px;padding:6px 10px;width:100%}
.buttons{display:flex;flex-wrap:wrap;gap:8px}
.buttons button,.ack button{font:inherit;font-size:13.5px;color:var(--text);background:none;border:1px solid var(--edge);border-radius:8px;padding:5px 14px;cursor:pointer}
.buttons button:first-child{border-color:var(--accent)}
.buttons button:hover,.ack button:hover{border-color:var(--accent)}
.buttons button:disabled,.ack button:disabled{opacity:.5;cursor:default}
.pair-forms{display:grid;grid-template-columns:1fr 1fr;gap:16px;margin-top:16px;padding-top:14px;border-top:1px solid var(--edge)}
.pair-forms .decide{grid-template-columns:1fr}
.ack form{display:inline-block}
.ack form+form{margin-left:6px}
.danger{color:var(--red);font-weight:600;white-space:nowrap}
.watch .head h2{margin-bottom:0}
.short{display:grid;gap:8px;font-size:13.5px}
.short li{display:grid;gap:0 10px}
.short b{font-weight:500}
.short span,.short small{color:var(--soft)}
.outages b{font-weight:500}
.alarms .pill{font-size:12.5px}
@media (max-width:960px){.halves,.pair-forms{grid-template-columns:minmax(0,1fr)}.steps li{grid-template-columns:auto 1fr}.steps span{grid-column:1/-1}.decide{grid-template-columns:1fr}}
`
