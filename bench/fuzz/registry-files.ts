/** A small registry with a little of everything: ratios, a tie, an exchange of meters, a key customer with persons, sources and sections. */
export const REGISTRY_FILES: Readonly<Record<string, string>> = {
  'devices.csv':
    'id,kind,name,parent,phases,rated_kva\nF1,feeder,城东线,,ABC,\nF2,feeder,West,,ABC,\nTR1,transformer,1 号配变,F1,ABC,400\n' +
    'TR2,transformer,T2,F2,ABC,630\nBOX/1,box,,TR1,A,\n',
  'ties.csv': 'id,device_a,device_b,capacity_kva,normally_open\nTIE1,TR1,TR2,200,true\n',
  'usage_points.csv':
    'id,account,device,phase,role\nU1,A1,BOX/1,A,supply\nU2,A2,BOX/1,B,supply\nU3,AK,TR1,ABC,supply\nU4,AK,TR2,ABC,generation\nU5,A5,TR2,C,supply\nU6,A5,TR2,C,supply\nU7,AK,TR2,ABC,supply\n',
  'terminals.csv':
    'id,kind,powered_by,sample_interval_s\nT1,concentrator,TR1,900\nT2,concentrator,TR2,900\nTP,concentrator,TR2,900\n',
  'meters.csv':
    'id,usage_point,device,terminal,wiring,rated_v,rated_a,ct_ratio,pt_ratio,register_digits,register_decimals\n' +
    'M1,U1,,T1,1p2w,220,60,1,1,6,2\nM2,U2,,T1,1p2w,220,60,1,1,6,2\nCT80/电,,TR1,T1,3p4w,220,5,80,1,6,2\n' +
    'K1M,U3,,T1,3p4w,220,60,1,1,6,2\nU,U4,,T1,3p4w,220,60,1,1,6,2\nT2M,U5,,T2,1p2w,220,60,1,1,6,2\nPM,U6,,TP,1p2w,220,60,1,1,6,2\n',
  'accounts.csv':
    'id,name,category\nA1,王芳,residential\nA2,李雷,residential\nAK,市一医院,\nA5,张伟,residential\n',
  'key_customers.csv': 'id,name,grade,accounts,duty_phone,deputy\nK1,市一医院,first,AK,0571-88001,韩梅梅\n',
  'supply_sources.csv':
    'id,key_customer,kind,usage_point,meter,measured_at,terminal,mode,voltage_kv,capacity_kw\nK1-G1,K1,grid,U3,K1M,line,,main,10,500\n' +
    'K1-G2,K1,grid,U7,,,,standby,10,500\nK1-GEN,K1,generator,,,,T1,standby,0.4,200\nK1-UPS,K1,ups,,,,T1,standby,0.4,50\n',
  'load_sections.csv':
    'id,key_customer,name,class,load_kw,sources,transfer,allowed_gap_s,interlock\n' +
    'K1-S1,K1,手术,security,100,K1-G1;K1-G2;K1-GEN,ats,15,mechanical\nK1-S2,K1,门诊,general,100,K1-G1;K1-G2,manual,,mechanical\n'
}
