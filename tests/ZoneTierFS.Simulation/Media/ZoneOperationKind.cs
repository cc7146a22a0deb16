namespace ZoneTierFS.Simulation;

internal enum ZoneOperationKind
{
    Append,
    Finish,
    Reset,
}
