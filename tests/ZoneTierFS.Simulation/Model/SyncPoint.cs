namespace ZoneTierFS.Simulation;

/// <summary>How far each client and each file had come when a sync began.</summary>
internal sealed record SyncPoint(int[] Operations, (FileHistory File, int Operation)[] Files);
