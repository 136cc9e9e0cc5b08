// Package kfake stands in for the package of that name in franz-go, so that its tests of a broker's
// behaviour run against a served log: each cluster is a process of its own.
package kfake

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type seeded struct {
	partitions int32
	topics     []string
}

// Cluster is a served log.
type Cluster struct {
	address string
	dir     string
	process *exec.Cmd
	seeds   []seeded
	flags   []string
}

// Opt configures a cluster.
type Opt func(*Cluster)

// NumBrokers has no effect: there is one.
func NumBrokers(int) Opt { return func(*Cluster) {} }

// BrokerConfigs passes on the settings that a served log has.
func BrokerConfigs(configs map[string]string) Opt {
	return func(c *Cluster) {
		if size, ok := configs["group.max.size"]; ok {
			c.flags = append(c.flags, "--max-group-size", size)
		}
	}
}

// SeedTopics creates topics; -1 partitions are one.
func SeedTopics(partitions int32, topics ...string) Opt {
	return func(c *Cluster) { c.seeds = append(c.seeds, seeded{max(1, partitions), topics}) }
}

// NewCluster starts a server on a free port and waits until it answers.
func NewCluster(opts ...Opt) (*Cluster, error) {
	dir, err := os.MkdirTemp("", "millrace-kfake-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	c := &Cluster{address: fmt.Sprintf("127.0.0.1:%d", port), dir: dir}
	for _, opt := range opts {
		opt(c)
	}
	args := append([]string{os.Getenv("MILLRACE_COMMAND"), "serve", dir, "--no-token", "--durability", "os", "--port", fmt.Sprint(port)}, c.flags...)
	c.process = exec.Command(os.Getenv("MILLRACE_NODE"), args...)
	c.process.Stderr = os.Stderr
	if err := c.process.Start(); err != nil {
		return nil, err
	}
	return c, c.ready()
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func (c *Cluster) ready() error {
	deadline := time.Now().Add(20 * time.Second)
	for {
		connection, err := net.Dial("tcp", c.address)
		if err == nil {
			connection.Close()
			break
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.address))
	if err != nil {
		return err
	}
	defer client.Close()
	for _, seed := range c.seeds {
		if _, err := kadm.NewClient(client).CreateTopics(context.Background(), seed.partitions, 1, nil, seed.topics...); err != nil {
			return err
		}
	}
	return nil
}

// ListenAddrs are the addresses of the brokers.
func (c *Cluster) ListenAddrs() []string { return []string{c.address} }

// Close ends the server.
func (c *Cluster) Close() {
	c.process.Process.Kill()
	c.process.Wait()
	os.RemoveAll(c.dir)
}

// ControlKey has no effect: the server answers for itself.
func (c *Cluster) ControlKey(int16, func(kmsg.Request) (kmsg.Response, error, bool)) {}

// KeepControl has no effect.
func (c *Cluster) KeepControl() {}

// GroupCommit is an offset that a group has committed.
type GroupCommit struct {
	Offset   int64
	Metadata string
}

// GroupInfo is a group as the server describes it.
type GroupInfo struct {
	State   string
	Members int
	Commits map[string]map[int32]GroupCommit

	assigned int
}

// NumAssigned is how many partitions the members have in all.
func (g *GroupInfo) NumAssigned() int { return g.assigned }

// GroupInfo describes a group; nil where there is none.
func (c *Cluster) GroupInfo(group string) *GroupInfo {
	client, err := kgo.NewClient(kgo.SeedBrokers(c.address))
	if err != nil {
		return nil
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	described, err := admin.DescribeGroups(context.Background(), group)
	if err != nil || described[group].State == "Dead" {
		return nil
	}
	info := &GroupInfo{
		State:   described[group].State,
		Members: len(described[group].Members),
		Commits: map[string]map[int32]GroupCommit{},
	}
	for _, member := range described[group].Members {
		if assigned, ok := member.Assigned.AsConsumer(); ok {
			for _, topic := range assigned.Topics {
				info.assigned += len(topic.Partitions)
			}
		}
	}
	offsets, _ := admin.FetchOffsets(context.Background(), group)
	offsets.Each(func(o kadm.OffsetResponse) {
		if info.Commits[o.Topic] == nil {
			info.Commits[o.Topic] = map[int32]GroupCommit{}
		}
		info.Commits[o.Topic][o.Partition] = GroupCommit{o.At, o.Metadata}
	})
	return info
}

// WaitGroupStable waits until a group is stable with so many members.
func (c *Cluster) WaitGroupStable(ctx context.Context, group string, members int) (*GroupInfo, error) {
	for {
		if info := c.GroupInfo(group); info != nil && info.State == "Stable" && info.Members == members {
			return info, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
