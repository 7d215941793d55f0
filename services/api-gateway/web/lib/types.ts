// The API's words, from schemas/openapi.yaml (tests/static/web generates "api" from it).
import type { components } from "api";

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type Call = Schemas["Call"];
// As a list of both kinds of steps, its steps would be neither.
export type CallDetails = Omit<Schemas["CallDetails"], "steps"> & { steps: Step[] };
export type CallStatus = Schemas["CallStatus"];
export type Sentiment = Schemas["Sentiment"];
export type StepName = Schemas["StepName"];
export type StepState = Schemas["StepState"];
export type Step = Schemas["Step"];
export type Segment = Schemas["Segment"];
export type LiveSession = Schemas["LiveSession"];
export type LiveTurn = Schemas["LiveTurn"];
export type AnalysisGroup = Schemas["CallAnalysisGroup"];
export type AnalysisRun = Schemas["CallAnalysisRun"];
export type Report = Schemas["Report"];
export type Waveform = Schemas["Waveform"];
export type Contact = Schemas["Contact"];
export type ContactDetails = Schemas["ContactDetails"];
export type ContactChange = Schemas["ContactChange"];
export type Todo = Schemas["Todo"];
export type TodoDetails = Schemas["TodoDetails"];
export type TodoNew = Schemas["TodoNew"];
export type TodoChange = Schemas["TodoChange"];
export type TodoOwner = Schemas["TodoOwner"];
export type Analyzer = Schemas["Analyzer"];
export type AnalyzerNew = Schemas["AnalyzerNew"];
export type AnalyzerChange = Schemas["AnalyzerChange"];
export type PhoneNumber = Schemas["PhoneNumber"];
export type PhoneNumberNew = Schemas["PhoneNumberNew"];
export type PhoneNumberChange = Schemas["PhoneNumberChange"];
export type User = Schemas["User"];
export type UserNew = Schemas["UserNew"];
export type UserChange = Schemas["UserChange"];
export type Role = Schemas["Role"];
export type Token = Schemas["Token"];
export type Settings = Schemas["Settings"];
export type SettingsChange = Schemas["SettingsChange"];
export type Overview = Schemas["Overview"];
