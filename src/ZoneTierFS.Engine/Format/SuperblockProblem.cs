namespace ZoneTierFS.Engine.Format;

internal enum SuperblockProblem { None, NotSuperblock, Damaged, Newer }
