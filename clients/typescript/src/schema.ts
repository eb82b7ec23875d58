export interface Schemas { Problem: { readonly detail: string } } export interface Operations {}
