namespace ZoneTierFS.Simulation;

internal enum NodeKind
{
    Regular,
    Directory,
    Symlink,
    Fifo,
    Socket,
    CharacterDevice,
    BlockDevice,
}
