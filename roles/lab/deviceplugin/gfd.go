package main

import (
	"context"
	"log"
	"maps"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// runFeatureDiscovery behaves as gpu-feature-discovery with node-feature-discovery behind it: its node's labels follow
// the configuration. It writes those that sharing changes; the others are the lab's own.
func runFeatureDiscovery(ctx context.Context, arguments []string) error {
	signal.Ignore(syscall.SIGHUP)
	cluster, err := inCluster()
	if err != nil {
		return err
	}
	node := os.Getenv("NODE_NAME")
	last := map[string]any{}
	for ctx.Err() == nil {
		config, err := loadNvidiaConfig(arguments)
		if err != nil {
			return err
		}
		profiles, err := migProfiles(migSlices())
		if err != nil {
			return err
		}
		wanted := sharingLabels(config, profiles)
		if !maps.Equal(wanted, last) {
			if err := cluster.labelNode(ctx, node, wanted); err != nil {
				return err
			}
			log.Printf("labels of %s: %v", node, wanted)
			last = wanted
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	// What node-feature-discovery does once the features are gone: the lab's own labels are as before.
	after, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	labels := sharingLabels(&nvidiaConfig{}, nil)
	labels[mpsCapableLabel] = nil
	return cluster.labelNode(after, node, labels)
}

const (
	mpsCapableLabel = "nvidia.com/mps.capable"
	replicasLabel   = "nvidia.com/gpu.replicas"
	strategyLabel   = "nvidia.com/gpu.sharing-strategy"
)

func sharingLabels(config *nvidiaConfig, profiles map[string]int) map[string]any {
	replicas, _, _ := config.share(gpu)
	labels := map[string]any{mpsCapableLabel: "false", replicasLabel: strconv.Itoa(replicas), strategyLabel: "none"}
	switch {
	case config.sharesByMPS():
		labels[mpsCapableLabel] = strconv.FormatBool(len(profiles) == 0)
		labels[strategyLabel] = "mps"
	case len(config.Sharing.TimeSlicing.Resources) > 0:
		labels[strategyLabel] = "time-slicing"
	}
	return labels
}
